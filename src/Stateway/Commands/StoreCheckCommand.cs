using System.CommandLine;
using Stateway.Store;
using Stateway.Stores;

namespace Stateway.Commands;

/// <summary><c>stateway store check URL</c>: verifies everything of a store that can be verified.</summary>
internal static class StoreCheckCommand
{
    public static Command Create()
    {
        var url = StoreArgument.Create("URL", "The store.");
        var command = new Command("check", """
            Verifies a store: the log has no gap, every value is JSON, indexes agree with values.

              stateway store check sqlite:shop/.stateway
              stateway store check postgres://shop@db.internal/shop?sslmode=verify-full

            A SQLite store must not be in use. The exit code is 1 when there are faults.
            """) { url };
        command.SetAction((parsed, _) => CheckAsync(StoreArgument.Of(parsed, url)));
        return command;
    }

    private static async Task<int> CheckAsync(StoreUrl url)
    {
        using var stop = new StopSignals();
        if (StoreEngines.WhyMissing(url) is { } why) return Fail(why);

        var opening = await StoreEngines.OpenAsync(url);
        if (opening is not StoreOpening.Opened { Store: var store }) return Fail(((StoreOpening.Refused)opening).Message);

        await using (store)
        {
            try
            {
                if (await StoreEngines.WhyEmptyAsync(store, url, stop.Token) is { } whyEmpty) return Fail(whyEmpty);

                StoreReport report;
                using (var line = new ProgressLine(TimeProvider.System))
                {
                    var progress = new ProgressTo<StoreProgress>(p => line.Show($"entries of {p.Collection}", p.Done, p.Total));
                    report = await store.CheckAsync(progress, stop.Token);
                }

                return Tell(url, report);
            }
            catch (OperationCanceledException)
            {
                return Fail("Stopped before everything was checked.");
            }
            catch (StoreUnavailableException e)
            {
                return Fail($"The store {url} can't be read: {e.Message}");
            }
        }
    }

    private static int Tell(StoreUrl url, StoreReport report)
    {
        foreach (string fault in report.Faults) Terminal.Error(fault);
        if (report.FaultsCount > report.Faults.Length) Terminal.Error($"… and {report.FaultsCount - report.Faults.Length} more.");

        string seen = FormattableString.Invariant($"{report.Entries:N0} entries, {report.Commits:N0} commits in the log");
        Terminal.Say(report.FaultsCount switch
        {
            0 => $"{url}: {seen}. No faults.",
            1 => $"{url}: {seen}. 1 fault.",
            var count => $"{url}: {seen}. {count} faults.",
        });
        return report.FaultsCount == 0 ? 0 : 1;
    }

    private static int Fail(string message)
    {
        Terminal.Error(message);
        return 1;
    }
}
