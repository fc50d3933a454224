using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Collections.Reading;
using Stateway.Model.Expressions;
using Stateway.Model.Problems;
using Stateway.Store;
using Xunit;

namespace Stateway.Fast.Tests.Reading;

public sealed class PageTokenTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    private readonly ManualTime _time = new();

    private PageTokens Tokens => new(Key, _time);

    [Fact]
    public void A_token_gives_back_the_place_and_the_revision() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(ArbMap.Default.ArbFor<long>(), ArbMap.Default.ArbFor<NonNull<string>>(), ArbMap.Default.ArbFor<NonNull<string>[]>(),
            (revision, path, texts) =>
            {
                var cursor = new Cursor([Value.Of(7), Value.Missing, .. texts.Take(5).Select(t => Value.Of(t.Get))], path.Get);
                Assert.Null(Tokens.TryRead(Tokens.Issue(cursor, "list", revision), "list", out var read, out long began));
                Assert.Equal((revision, cursor.Path), (began, read!.Path));
                Assert.Equal(cursor.Values.Select(v => v.ToString()), read.Values.Select(v => v.ToString()));
            }));

    [Fact]
    public void Values_that_are_too_long_are_left_to_the_row()
    {
        string token = Tokens.Issue(new([Value.Of(new string('x', 1_025))], "row"), "list", 42);
        Assert.True(token.Length < 200);
        Assert.Null(Tokens.TryRead(token, "list", out var cursor, out long revision));
        Assert.True(cursor!.Values.IsDefault);
        Assert.Equal(("row", 42), (cursor.Path, revision));
    }

    [Fact]
    public void Every_changed_byte_is_noticed()
    {
        byte[] bytes = Base64Url.DecodeFromChars(Tokens.Issue(new([Value.Of("ash")], "p1"), "list", 42));
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] changed = [.. bytes];
            changed[i] ^= 1;
            Assert.Same(ProblemTypes.InvalidPageToken, Read(Base64Url.EncodeToString(changed)));
            Assert.Same(ProblemTypes.InvalidPageToken, Read(Base64Url.EncodeToString(bytes.AsSpan(0, i))));
        }

        Assert.Same(ProblemTypes.InvalidPageToken, Tokens.TryRead(Base64Url.EncodeToString(bytes), "another", out _, out _)?.Type);
    }

    [Fact]
    public void A_token_is_too_old_after_three_days_and_when_another_version_of_the_server_issued_it()
    {
        string token = Tokens.Issue(new([], "p1"), "list", 42);
        _time.Advance(PageTokens.Lifetime);
        Assert.Null(Read(token));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Same(ProblemTypes.PageTokenExpired, Read(token));

        // Of version 1: without a revision.
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write((byte)1);
        writer.Write(_time.GetUtcNow().ToUnixTimeSeconds());
        writer.Write(BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes("list"))));
        writer.Write("p1");
        writer.Write(false);
        writer.Write7BitEncodedInt(0);
        byte[] content = stream.ToArray();
        Assert.Same(ProblemTypes.PageTokenExpired, Read(Base64Url.EncodeToString([.. HMACSHA256.HashData(Key, content).AsSpan(0, 16), .. content])));
    }

    private ProblemType? Read(string token) => Tokens.TryRead(token, "list", out _, out _)?.Type;
}
