using System.Net.Sockets;

namespace Stateway.Client;

/// <summary>A request that got no answer: which exceptions tell that, and what to say to a person.</summary>
internal static class BrokenCall
{
    public const int AnswerBytesMax = 64 * 1024 * 1024; // a list has at most half of it
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(100);

    public static bool Is(Exception e) => e is HttpRequestException or IOException or SocketException;

    /// <param name="option">Of the command line, by which another server is named.</param>
    public static string Why(Exception e, string server, string option) => e switch
    {
        OperationCanceledException => $"{server} did not answer within {AnswerTimeout.TotalSeconds:0} seconds.",
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => $"{server} sent an answer of more than {AnswerBytesMax / (1024 * 1024)} MB.",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            $"{server} can't be trusted: {Innermost(e).Message} --ca-file names the authority that vouches for it.",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } =>
            $"{server} can't be reached: {Innermost(e).Message}. Does the server run? {option} names another.",
        _ => $"The connection to {server} broke: {Innermost(e).Message}",
    };

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;
}
