namespace Stateway.Commands;

/// <summary>Tells on the thread that reports, in order; the framework's own posts to the thread pool.</summary>
internal sealed class ProgressTo<T>(Action<T> tell) : IProgress<T>
{
    public void Report(T value) => tell(value);
}
