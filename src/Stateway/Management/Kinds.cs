using Stateway.Hosting;
using Stateway.Model.Apis;
using Stateway.Store;

namespace Stateway.Management;

/// <summary>The platform's own resources, declared by a document like any user's: <c>kinds.yaml</c>.</summary>
internal static class Kinds
{
    public const string Api = "stateway/apis";
    public const string Deployment = "stateway/apis/deployments";
    public const string Stage = "stateway/apis/stages";
    public const string Domain = "stateway/domains";
    public const string Node = "stateway/nodes";
    public const string Event = "stateway/events";
    public const string Secret = "stateway/secrets";
    public const string SecretKey = "stateway/secret-keys";

    /// <summary>Its revision is that of the last change of any kind.</summary>
    public static readonly Key ChangeMark = new(Settings.Collection.Name, "kinds-changed");

    private const string File = "kinds.yaml";

    public static ApiSpec Read()
    {
        using var resource = typeof(Kinds).Assembly.GetManifestResourceStream(File)!; // embedded by the project file
        byte[] text = new byte[resource.Length];
        resource.ReadExactly(text);
        var reading = ApiReader.Read([new(ApiSpec.ReservedName, File, new Dictionary<string, byte[]> { [File] = text })], kinds: true);
        if (reading.Errors.Count > 0) throw new InvalidOperationException(string.Join('\n', reading.Errors));
        return reading.Apis[0];
    }
}
