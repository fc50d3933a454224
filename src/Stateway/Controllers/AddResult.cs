namespace Stateway.Controllers;

internal enum AddResult
{
    Added,

    /// <summary>The queue was full: the name that would have slept longest was given up for this one. A listing finds it.</summary>
    Displaced,

    /// <summary>The queue is full of names that are to be reconciled now; this one was not added.</summary>
    Full,
}
