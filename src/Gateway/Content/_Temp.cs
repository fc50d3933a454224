using Microsoft.Extensions.Primitives;
using Stateway.Model.Problems;
namespace Stateway.Gateway.Content;
public enum Form { Json, Xml }
public enum ContentEncoding { Identity, Gzip, Brotli }
public static class Negotiation {
  public static bool TryChoose(StringValues accept, out Form form) { form = accept.ToString().Contains("xml") ? Form.Xml : Form.Json; return true; }
  public static ContentEncoding ChooseEncoding(StringValues v) => ContentEncoding.Identity;
  public static int Best(StringValues accept, string[] types) => 0;
}
public static class Compression { public const int BytesMin = 1400; public static ReadOnlyMemory<byte> Compress(ReadOnlyMemory<byte> c, ContentEncoding e) => c; }
public static class RequestDecompression { public static (ReadOnlyMemory<byte> Body, Problem? Problem) Decode(StringValues v, byte[] b, int max) => (b, null); }
