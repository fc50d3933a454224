using System.CommandLine;
using Stateway.Copying;
using Stateway.Store;
using Stateway.Stores;

namespace Stateway.Commands;

/// <summary><c>stateway store copy FROM TO</c>: moves everything to another store, while the first is in use.</summary>
internal static class StoreCopyCommand
{
    public static Command Create()
    {
        var from = StoreArgument.Create("FROM", "The store that is read.");
        var to = StoreArgument.Create("TO", "The store that is filled; it must be empty, or hold a copy that did not end.");
        var follow = new Option<bool>("--follow") { Description = "Go on following what is written to FROM until Ctrl-C, and end agreeing with it." };
        var command = new Command("copy", $"""
            Copies everything of a store to another one, of any engine: every entry as of one revision, then what was written meanwhile.

              stateway store copy sqlite:shop/.stateway postgres://shop@db.internal/shop
              stateway store copy postgres://shop@db.internal/shop etcd://10.0.0.1:2379/shop --follow

            Times of changes are kept; revisions are counted anew, so watches and page tokens begin anew. Writers of FROM should
            end before the copy does: what they write afterwards is not copied. A SQLite store must not be in use.
            A password can come from {StorePassword.Variable}, for both that name a user and none themselves.
            """) { from, to, follow };
        command.SetAction((parsed, _) => CopyAsync(StoreArgument.Of(parsed, from), StoreArgument.Of(parsed, to), parsed.GetValue(follow)));
        return command;
    }

    private static async Task<int> CopyAsync(StoreUrl fromUrl, StoreUrl toUrl, bool follow)
    {
        using var stop = new StopSignals();
        if (fromUrl == toUrl) return Fail("FROM and TO are the same store.");
        if (StoreEngines.WhyMissing(fromUrl) is { } why) return Fail(why);

        var opening = await StoreEngines.OpenAsync(fromUrl);
        if (opening is not StoreOpening.Opened { Store: var from }) return Fail(((StoreOpening.Refused)opening).Message);

        await using (from)
        {
            if (await StoreEngines.WhyEmptyAsync(from, fromUrl, stop.Token) is { } whyEmpty) return Fail(whyEmpty);

            opening = await StoreEngines.OpenAsync(toUrl);
            if (opening is not StoreOpening.Opened { Store: var to }) return Fail(((StoreOpening.Refused)opening).Message);

            await using (to)
            {
                return await CopyAsync(from, to, fromUrl, toUrl, follow, stop.Token);
            }
        }
    }

    private static async Task<int> CopyAsync(IStore from, IStore to, StoreUrl fromUrl, StoreUrl toUrl, bool follow, CancellationToken ct)
    {
        StoreCopy? copy = null;
        try
        {
            CopyResult result;
            TimeSpan elapsed;
            using (var line = new ProgressLine(TimeProvider.System))
            {
                var progress = new ProgressTo<CopyProgress>(p =>
                {
                    if (p.What == CopyProgress.Following) Terminal.Say("Both agree, and what is written is followed. Press Ctrl-C to end the copy.");
                    else line.Show(p.What, p.Done, p.Total);
                });
                copy = new(from, to, fromUrl, toUrl, TimeProvider.System, progress);
                result = await copy.RunAsync(follow, ct);
                elapsed = line.Elapsed;
            }

            switch (result)
            {
                case CopyResult.Done done:
                    double rate = (done.Entries + done.Changes) / Math.Max(elapsed.TotalSeconds, 0.001);
                    Terminal.Say(FormattableString.Invariant(
                        $"Copied {done.Entries:N0} entries of {done.Collections} collections and {done.Changes:N0} changes made meanwhile in {elapsed.TotalSeconds:0.0} s ({rate:N0}/s)."));
                    Terminal.Say($"{toUrl} agrees with {fromUrl} at its revision {done.Revision}.");
                    return 0;

                case CopyResult.Refused refused: return Fail(refused.Message);
                case CopyResult.Broken broken: return Fail($"The copy ended: {broken.Message} {Left()}");
                default: throw new System.Diagnostics.UnreachableException();
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return Fail("The copy was stopped. " + Left());
        }
        catch (StoreUnavailableException e)
        {
            return Fail($"The copy ended: {e.Message} {Left()}");
        }

        string Left() => copy is { HasBegun: true }
            ? $"{toUrl} is filled in part and is not served; run the same command again, and it begins anew."
            : $"Nothing was written to {toUrl}.";
    }

    private static int Fail(string message)
    {
        Terminal.Error(message);
        return 1;
    }
}
