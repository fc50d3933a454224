using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Stateway.Fast.Tests")] // tests read headers and lists byte by byte
