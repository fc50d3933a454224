using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Stateway.Fast.Tests")] // tests build shapes by hand
