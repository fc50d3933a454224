namespace Stateway.Model.Apis;

/// <summary>Reads OpenAPI documents: YAML or JSON text in, a checked and expanded <see cref="ApiSpec"/> or all errors out.</summary>
public static class ApiReader
{
    /// <summary>Reads every document of a folder, or the one file.</summary>
    public static ApiReading Read(string path) => throw new NotImplementedException();
}

