using System.Runtime.CompilerServices;

namespace Stateway.Model.Apis.Documents;

/// <summary>Work on every document of a reading: on all processors once there are many, for a folder of a thousand is what a start waits for.</summary>
internal static class EachDocument
{
    private const int Many = 16; // fewer are not worth the threads

    /// <param name="work">Given each index below <paramref name="count"/>, in any order and several at a time.</param>
    public static void Run(int count, Action<int> work)
    {
        if (count >= Many)
        {
            RunParallel(count, work);
            return;
        }

        for (int i = 0; i < count; i++) work(i);
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // few documents need not load what it takes
    private static void RunParallel(int count, Action<int> work) => Parallel.For(0, count, work);
}
