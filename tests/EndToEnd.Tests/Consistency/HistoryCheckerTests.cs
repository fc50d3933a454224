using Xunit;

namespace Stateway.EndToEnd.Tests.Consistency;

/// <summary>The checker finds what it is there to find, and nothing else.</summary>
public sealed class HistoryCheckerTests
{
    private readonly List<Operation> _operations = [];
    private readonly List<PastValue> _past = [];

    [Theory]
    [InlineData(Mistake.None, "")]
    [InlineData(Mistake.ReadsTheOld, "No state from revision")]
    [InlineData(Mistake.ListsTheOld, "Not the state at its revision")]
    [InlineData(Mistake.IgnoresIfMatch, "Not allowed")]
    [InlineData(Mistake.MergesIntoTheOld, "Wrong answer")]
    [InlineData(Mistake.TearsBatches, "Lost: the store's history does not have")]
    [InlineData(Mistake.ForgetsTheAcknowledged, "Lost: the store's history does not have")]
    [InlineData(Mistake.RefusesForNothing, "No state from revision")]
    [InlineData(Mistake.WritesTwice, "Written by nobody")]
    public void Random_histories_are_accepted_unless_the_store_errs(Mistake mistake, string fault)
    {
        for (int seed = 0; seed < 30; seed++)
        {
            var (operations, past) = SimulatedStore.Run(seed, 600, mistake);
            var faults = HistoryChecker.Check(operations, past);
            if (mistake == Mistake.None) Assert.Empty(faults);
            else Assert.True(faults.Any(f => f.StartsWith(fault, StringComparison.Ordinal)), $"{seed}: {string.Join('\n', faults.Take(3))}");
        }
    }

    [Fact]
    public void A_read_may_see_either_side_of_a_write_at_the_same_time()
    {
        Wrote(0, 10, 5, Put("a", "one"));
        Wrote(20, 40, 6, Put("a", "two"));
        Read(25, 30, "a", 5);
        Read(26, 31, "a", 6);
        AssertAccepted();
    }

    [Fact]
    public void A_stale_read_is_found()
    {
        Wrote(0, 10, 5, Put("a", "one"));
        Wrote(20, 30, 6, Put("a", "two"));
        Read(31, 35, "a", 5);
        AssertFound("No state from revision 6 to the end explains GET a");
    }

    [Fact]
    public void A_read_behind_another_that_saw_more_is_found_before_the_write_is_answered()
    {
        Wrote(0, 10, 5, Put("a", "one"));
        Wrote(20, 90, 6, Put("a", "two"));
        Read(31, 35, "a", 6);
        Read(36, 38, "a", 5);
        AssertFound("No state from revision 6 to the end explains GET a");
    }

    [Fact]
    public void A_read_behind_one_that_missed_the_deleted_is_found()
    {
        Wrote(0, 10, 5, Put("a", "one"));
        Wrote(20, 90, 6, new Step(Verb.Delete, "a", new(null, null)));
        _operations.Add(new Operation.Get(31, 35, "a", null));
        Read(36, 38, "a", 5);
        AssertFound("No state from revision 6 to the end explains GET a");
    }

    [Fact]
    public void A_read_of_what_is_not_yet_asked_for_is_found()
    {
        Read(0, 5, "a", 5);
        Wrote(6, 10, 5, Put("a", "one"));
        AssertFound("No state from revision 0 to 4 explains GET a");
    }

    [Fact]
    public void A_stale_list_is_found()
    {
        Wrote(0, 10, 5, Put("a", "one"));
        Wrote(20, 30, 6, Put("b", "two"));
        _operations.Add(new Operation.List(31, 35, 5, new Dictionary<string, Register> { ["a"] = new("one", null) }));
        AssertFound("Stale: GET list");
    }

    [Fact]
    public void A_lost_update_is_found()
    {
        // Both read 5 and both replaced it: the second overwrote the first unseen.
        Wrote(0, 10, 5, Put("a", "zero"));
        Read(11, 12, "a", 5);
        Read(11, 12, "a", 5);
        Wrote(20, 30, 6, Put("a", "one") with { IfMatch = 5 });
        Wrote(20, 31, 7, Put("a", "two") with { IfMatch = 5 });
        AssertFound("Not allowed: Put a two/ if 5");
    }

    [Fact]
    public void An_update_that_is_acknowledged_and_not_kept_is_found()
    {
        Wrote(0, 10, 5, Put("a", "one"));
        Wrote(20, 30, 6, Put("a", "two"));
        _past.RemoveAll(p => p.Revision == 6);
        AssertFound("Lost: the store's history does not have");
    }

    [Fact]
    public void A_patch_of_an_old_state_is_found()
    {
        Wrote(0, 10, 5, Put("a", "one"));
        Wrote(20, 30, 6, Put("a", "two"));
        Wrote(20, 30, 7, new Step(Verb.Patch, "a", new(null, "note")));
        _past[^1] = new("a", 7, new("one", "note"));
        _operations[^1] = ((Operation.Write)_operations[^1]) with { Outcome = new Outcome.Done(7, [(200, _past[^1].Value)]) };
        AssertFound("Wrong answer: Patch a");
    }

    [Fact]
    public void A_write_that_ignored_its_condition_is_found()
    {
        Wrote(0, 10, 5, Put("a", "one"));
        Wrote(20, 30, 6, Put("a", "two") with { CreateOnly = true });
        AssertFound("Not allowed: Put a two/ if none");
    }

    [Fact]
    public void Two_creates_of_one_id_are_found()
    {
        Wrote(0, 10, 5, new Step(Verb.Post, "a", new("one", null)));
        Wrote(0, 10, 6, new Step(Verb.Post, "a", new("two", null)));
        AssertFound("Not allowed: Post a");
    }

    [Fact]
    public void A_write_numbered_before_what_was_known_is_found()
    {
        Wrote(0, 10, 6, Put("a", "one"));
        Wrote(20, 30, 5, Put("b", "two"));
        AssertFound("Too early: Put b");
    }

    [Fact]
    public void A_torn_batch_is_found_in_the_history_and_by_a_list()
    {
        Wrote(0, 10, 5, Put("a", "one"), Put("b", "one"));
        Wrote(20, 30, 6, Put("a", "two"), Put("b", "two"));
        _operations.Add(new Operation.List(40, 50, 6, new Dictionary<string, Register> { ["a"] = new("two", null), ["b"] = new("one", null) }));
        AssertFound("Not the state at its revision: GET list");
        _past.RemoveAll(p => p is { Key: "b", Revision: 6 });
        AssertFound("Lost: the store's history does not have PastValue { Key = b, Revision = 6");
    }

    [Fact]
    public void A_torn_batch_without_an_answer_is_found()
    {
        Wrote(0, 10, 5, Put("a", "one"), Put("b", "one"));
        _operations.Add(new Operation.Write(20, long.MaxValue, [Put("a", "two"), Put("b", "two")], new Outcome.Lost()));
        AssertAccepted();
        _past.Add(new("a", 6, new("two", null)));
        AssertFound("Torn: of Put a two");
        _past.Add(new("b", 7, new("two", null)));
        AssertFound("Torn: of Put a two");
        _past[^1] = new("b", 6, new("two", null));
        AssertAccepted();
    }

    [Fact]
    public void A_refusal_that_no_state_explains_is_found()
    {
        Wrote(0, 10, 5, Put("a", "one"));
        Wrote(20, 30, 6, Put("a", "two"));
        var refused = new Operation.Write(25, 35, [Put("a", "three") with { IfMatch = 5 }], new Outcome.Refused(412, 6));
        _operations.Add(refused);
        AssertAccepted();
        _operations[^1] = refused with { Answered = 28, Outcome = new Outcome.Refused(412, 5) }; // its own tag
        AssertFound("No state from revision 5 to the end explains Put a three");
        _operations[^1] = refused with { Invoked = 11, Answered = 19 }; // before the write that it lost against
        AssertFound("No state from revision 5 to 5 explains Put a three");
    }

    [Fact]
    public void A_write_without_an_answer_may_come_late_but_not_before_what_was_known()
    {
        Wrote(0, 10, 5, Put("a", "one"));
        _operations.Add(new Operation.Write(20, long.MaxValue, [Put("a", "two")], new Outcome.Lost()));
        Wrote(90, 100, 6, Put("b", "three"));
        _past.Add(new("a", 7, new("two", null)));
        AssertAccepted();
        _past[^1] = new("a", 4, new("two", null));
        AssertFound("Too early: Put a two");
    }

    private static Step Put(string key, string text) => new(Verb.Put, key, new(text, null));

    /// <summary>Notes an acknowledged write, and in the store's history what it makes.</summary>
    private void Wrote(long invoked, long answered, long revision, params Step[] steps)
    {
        var answers = new List<(int, Register?)>();
        foreach (var step in steps)
        {
            var before = _past.FindLast(p => p.Key == step.Key);
            answers.Add((step.StatusIn(before), step.ValueAfter(before)));
            _past.Add(new(step.Key, revision, step.ValueAfter(before)));
        }

        _operations.Add(new Operation.Write(invoked, answered, steps, new Outcome.Done(revision, answers)));
    }

    private void Read(long invoked, long answered, string key, long revision) =>
        _operations.Add(new Operation.Get(invoked, answered, key, _past.Find(p => p.Key == key && p.Revision == revision) ?? new(key, revision, new("one", null))));

    private void AssertAccepted() => Assert.Empty(HistoryChecker.Check(_operations, _past));

    private void AssertFound(string fault) =>
        Assert.Contains(HistoryChecker.Check(_operations, _past), f => f.StartsWith(fault, StringComparison.Ordinal));
}
