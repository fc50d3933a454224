namespace Stateway.Store;

/// <summary>An entry could not be read: a disk or file system fails. Rare enough to be no result of every read.</summary>
public class StoreUnavailableException(string message) : IOException(message);
