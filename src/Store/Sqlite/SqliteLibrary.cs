using System.Runtime.InteropServices;
using SQLitePCL;

namespace Stateway.Store.Sqlite;

/// <summary>
/// Chooses the native SQLite once per process: the system's when it is newer than the one in the package
/// (the packaged one is from 2021), else the packaged one.
/// </summary>
internal static unsafe class SqliteLibrary
{
    private const string SystemName = "libsqlite3.so.0";

    private const int ConfigMemoryStatus = 9; // SQLITE_CONFIG_MEMSTATUS

    static SqliteLibrary()
    {
        nint library = Choose();
        NativeLibrary.SetDllImportResolver(
            typeof(SQLite3Provider_e_sqlite3).Assembly, (name, _, _) => name == "e_sqlite3" ? library : 0);

        raw.SetProvider(new SQLite3Provider_e_sqlite3());

        // Memory statistics take a process-wide lock in every allocation; nobody reads them here.
        _ = raw.sqlite3_config(ConfigMemoryStatus, 0);
        Version = raw.sqlite3_libversion_number();
    }

    /// <summary>For example 3040001. Reading it is what loads the library.</summary>
    public static int Version { get; }

    /// <returns>0 leaves the choice to the runtime, which then finds the packaged library.</returns>
    private static nint Choose()
    {
        var assembly = typeof(SQLite3Provider_e_sqlite3).Assembly;
        if (!NativeLibrary.TryLoad(SystemName, out nint system)) return 0;
        if (!NativeLibrary.TryLoad("e_sqlite3", assembly, null, out nint packaged)) return system;

        if (VersionOf(system) > VersionOf(packaged))
        {
            NativeLibrary.Free(packaged);
            return system;
        }

        NativeLibrary.Free(system);
        return packaged;
    }

    private static int VersionOf(nint library) =>
        NativeLibrary.TryGetExport(library, "sqlite3_libversion_number", out nint function)
            ? ((delegate* unmanaged<int>)function)()
            : 0;
}
