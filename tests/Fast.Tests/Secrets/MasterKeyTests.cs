using Stateway.Secrets;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Secrets;

/// <summary>Master keys as people write them, and what they wrap.</summary>
public sealed class MasterKeyTests
{
    [Fact]
    public void A_key_is_base64_or_hex_of_32_bytes()
    {
        byte[] bytes = [.. Enumerable.Range(200, 32).Select(i => (byte)i)];
        string base64 = Convert.ToBase64String(bytes);
        string[] forms = [base64, base64.TrimEnd('='), base64.Replace('+', '-').Replace('/', '_'), Convert.ToHexString(bytes), Convert.ToHexStringLower(bytes), $" {base64}\n"];

        var ids = forms.Select(form => MasterKey.TryParse(form, out var key) ? key.Id : "").ToHashSet();

        Assert.Equal(16, Assert.Single(ids).Length);
        Assert.DoesNotContain(Assert.Single(ids), Convert.ToHexStringLower(bytes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("zz00000000000000000000000000000000000000000000000000000000000000")]
    public void Anything_else_is_none(string text) => Assert.False(MasterKey.TryParse(text, out _));

    [Fact]
    public void A_secret_key_opens_with_the_master_keys_that_wrap_it_and_no_other()
    {
        var (a, b, c) = (MasterKey.New(), MasterKey.New(), MasterKey.New());
        byte[] key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        var text = SecretKeyText.Of(key, "7", a, b);

        Assert.Equal(key, text.TryUnwrap([a]));
        Assert.Equal(key, text.TryUnwrap([c, b]));
        Assert.Null(text.TryUnwrap([c]));
        Assert.Equal(key, SecretKeyText.Of(key, "7", a, MasterKey.Of(new byte[32])).TryUnwrap([c, MasterKey.Of(new byte[32])]));
        Assert.Null((text with { Id = "8" }).TryUnwrap([a, b]));
        Assert.Null((text with { Check = "0000000000000000" }).TryUnwrap([a, b]));
        Assert.Null((text with { Wraps = new Dictionary<string, string> { [a.Id] = text.Wraps[b.Id] } }).TryUnwrap([a, b]));
        Assert.Equal(text.ToJson(), SecretKeyText.Read(text.ToJson().AsMemory()).ToJson());
    }

    [Fact]
    public void A_file_that_others_can_read_is_refused()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("there are no such permissions");
            return;
        }

        using var folder = new TempFolder();
        string file = folder.File("sub/master.key");
        var made = MasterKeyFile.Create(file);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(made.Id, Assert.Single(MasterKeyFile.Read(file).Keys).Id);
        Assert.Throws<IOException>(() => MasterKeyFile.Create(file));

        File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", MasterKeyFile.Read(file).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_may_hold_several_keys()
    {
        var keys = MasterKeyFile.Parse($"{MasterKey.New().ToText()}\n\n{MasterKey.New().ToText()}\n", "keys").Keys;

        Assert.Equal(2, keys.Select(key => key.Id).Distinct().Count());
        Assert.Contains("keys holds no key", MasterKeyFile.Parse("\n", "keys").Error, StringComparison.Ordinal);
        Assert.Contains("keys holds something else", MasterKeyFile.Parse(keys[0].ToText() + "\nsecret words\n", "keys").Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret words", MasterKeyFile.Parse("secret words\n", "keys").Error, StringComparison.Ordinal);
    }
}
