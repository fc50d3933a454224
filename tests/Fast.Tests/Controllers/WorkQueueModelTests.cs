using FsCheck;
using FsCheck.Fluent;
using Stateway.Controllers;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Controllers;

/// <summary>The queue against what it promises, for any steps.</summary>
public sealed class WorkQueueModelTests
{
    private const int Names = 4;

    private enum Act { Add, AddListed, AddChanged, Take, Finish, FinishAgain, Fail, Wrote, Seen, Pass, Restart }

    [Fact]
    public void Whatever_happens_no_name_is_out_twice_or_lost_or_too_early()
    {
        var step =
            from act in Gen.Frequency(
                (6, Gen.Elements(Act.Add, Act.AddListed, Act.AddChanged)),
                (6, Gen.Constant(Act.Take)),
                (5, Gen.Elements(Act.Finish, Act.FinishAgain, Act.Fail, Act.Fail)),
                (3, Gen.Elements(Act.Wrote, Act.Seen)),
                (4, Gen.Constant(Act.Pass)),
                (1, Gen.Frequency((1, Gen.Constant(Act.Restart)), (9, Gen.Constant(Act.Take)))))
            from name in Gen.Choose(0, Names - 1)
            from amount in Gen.Frequency((3, Gen.Choose(0, 300)), (1, Gen.Choose(0, 400_000)))
            select (act, name, amount);

        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(2_000).WithEndSize(120),
            Prop.ForAll(step.ListOf().ToArbitrary(), steps => new Model().Run(steps)));
    }

    private sealed class Model
    {
        private readonly ManualTime _time = new();
        private readonly WorkQueue _queue;
        private readonly Known[] _known = [.. Enumerable.Range(0, Names).Select(_ => new Known())];
        private long _written; // the store's revision
        private long _seen;

        public Model() => _queue = new(Names, _time, new Random(1));

        public void Run(IEnumerable<(Act Act, int Name, int Amount)> steps)
        {
            foreach (var (act, name, amount) in steps) Step(act, name, amount);
            Drain();
            _queue.Dispose();
        }

        private void Step(Act act, int name, int amount)
        {
            var known = _known[name];
            switch (act)
            {
                case Act.Add:
                    Assert.Equal(AddResult.Added, _queue.Add($"{name}"));
                    known.Added(isChange: true);
                    break;

                case Act.AddListed:
                    Assert.Equal(AddResult.Added, _queue.AddListed($"{name}"));
                    known.Added(isChange: false);
                    break;

                case Act.AddChanged: // by somebody else
                    Assert.Equal(AddResult.Added, _queue.AddChanged($"{name}", ++_written));
                    known.Added(isChange: true);
                    break;

                case Act.Wrote when known.Out is { } own:
                    // The follower may show it before the turn tells of it, or after.
                    long revision = ++_written;
                    if (amount % 2 == 0) _queue.AddChanged($"{name}", revision);
                    _queue.Wrote(own, revision);
                    if (amount % 2 == 1) _queue.AddChanged($"{name}", revision);
                    known.Barrier = revision;
                    break;

                case Act.Take:
                    if (_queue.TryTake(out var taken)) Taken(taken);
                    break;

                case Act.Finish when known.Out is { } finished:
                    _queue.Finish(finished, null);
                    known.Returned(null);
                    break;

                case Act.FinishAgain when known.Out is { } again:
                    _queue.Finish(again, TimeSpan.FromMilliseconds(amount));
                    known.Returned(_time.GetUtcNow().AddMilliseconds(amount));
                    break;

                case Act.Fail when known.Out is { } failed:
                    var failing = _queue.Fail(failed, "no", out _);
                    known.Failed(failing, _time.GetUtcNow());
                    break;

                case Act.Seen:
                    _seen = Math.Max(_seen, Math.Min(_written, _seen + amount % 5));
                    _queue.Seen(_seen);
                    break;

                case Act.Pass:
                    _time.Advance(TimeSpan.FromMilliseconds(amount));
                    break;

                case Act.Restart:
                    _queue.Restart(_seen = _written);
                    foreach (var each in _known) each.Restarted();
                    break;
            }
        }

        private void Taken(QueuedName taken)
        {
            var known = _known[int.Parse(taken.Name, System.Globalization.CultureInfo.InvariantCulture)];
            var now = _time.GetUtcNow();

            Assert.Null(known.Out);
            Assert.True(known.Barrier <= _seen, "It has not seen its own write.");
            Assert.Equal(known.Failures, taken.Failures);

            bool isDue = known.Due <= now;
            Assert.True(isDue || known.IsAdded || known.IsForgiven, "Nobody asked for it.");
            if (known.Failures > 0)
                Assert.True(isDue || known.IsForgiven || (known.IsChanged && known.DueIfChanged <= now), "It had to wait for its back-off.");

            known.Began(taken);
        }

        /// <summary>Everything that somebody asked for comes; and then nothing else does.</summary>
        private void Drain()
        {
            for (int name = 0; name < Names; name++)
            {
                if (_known[name].Out is not null) Step(Act.Finish, name, 0);
            }

            _queue.Seen(_seen = _written);
            _time.Advance(Next.AgainMax);
            while (_queue.TryTake(out var taken))
            {
                Taken(taken);
                Step(Act.Finish, int.Parse(taken.Name, System.Globalization.CultureInfo.InvariantCulture), 0);
            }

            Assert.All(_known, known => Assert.False(known.IsAdded || known.Due is not null, "It was lost."));
            Assert.Equal(0, _queue.Count);
            Assert.True(_queue.IdleAsync(default).IsCompleted);
        }

        /// <summary>What is promised of one name.</summary>
        private sealed class Known
        {
            public QueuedName? Out { get; private set; }

            /// <summary>Since its last run began, by anybody but itself.</summary>
            public bool IsAdded { get; private set; }

            /// <summary>Likewise, and not by a listing.</summary>
            public bool IsChanged { get; private set; }

            public bool IsForgiven { get; private set; }
            public DateTimeOffset? Due { get; private set; }
            public DateTimeOffset DueIfChanged { get; private set; }
            public int Failures { get; private set; }
            public long Barrier { get; set; }

            public void Added(bool isChange)
            {
                IsAdded = true;
                IsChanged |= isChange;
            }

            public void Began(QueuedName name) => (Out, IsAdded, IsChanged, IsForgiven, Due) = (name, false, false, false, null);

            public void Returned(DateTimeOffset? due) => (Out, Due, Failures) = (null, due, 0);

            public void Failed(Failing failing, DateTimeOffset now)
            {
                (Out, Failures) = (null, Failures + 1);
                Assert.Equal(Failures, failing.Attempts);

                var ceiling = BackOff.Ceiling(Failures);
                var least = IsChanged ? Min(ceiling / 2, WorkQueue.ChangeWaitMax) : ceiling / 2;
                Assert.InRange(failing.RetryIn, least, IsChanged ? Min(ceiling, WorkQueue.ChangeWaitMax) : ceiling);
                Due = now + failing.RetryIn;
                DueIfChanged = now + Min(failing.RetryIn, WorkQueue.ChangeWaitMax);
            }

            public void Restarted()
            {
                Barrier = 0;
                IsForgiven |= Out is null && Failures > 0;
            }

            private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
        }
    }
}
