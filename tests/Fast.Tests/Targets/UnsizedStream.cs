namespace Stateway.Fast.Tests.Targets;

/// <summary>Bytes whose number nobody can ask for, so that a client sends them without a length.</summary>
internal sealed class UnsizedStream(byte[] bytes) : MemoryStream(bytes)
{
    public override bool CanSeek => false;
}
