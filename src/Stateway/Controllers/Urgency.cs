namespace Stateway.Controllers;

internal enum Urgency
{
    /// <summary>Nothing to do.</summary>
    None,

    /// <summary>It came in a listing, with all others: nothing is known to have changed.</summary>
    Listed,

    /// <summary>Something has changed, or its time has come.</summary>
    Fresh,
}
