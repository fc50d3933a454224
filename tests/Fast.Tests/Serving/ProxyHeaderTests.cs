using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Fast.Tests.Content;
using Stateway.Gateway.Serving.Proxies;
using Xunit;

namespace Stateway.Fast.Tests.Serving;

public sealed class ProxyHeaderTests
{
    [Fact]
    public void A_binary_header_is_read_as_it_was_written_and_no_part_of_it_is_taken_for_the_whole()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(Seeds.All, seed =>
        {
            var random = new Random(seed);
            var (source, destination) = EndPoints(random);
            var fields = Enumerable.Range(0, random.Next(4)).Select(_ => ((byte)random.Next(0x20, 0x100), Random(random, random.Next(50)))).ToArray();
            byte[] header = Bytes.ProxyV2(source, destination, fields, isSealed: random.Next(2) == 0);
            byte[] sent = [.. header, .. Random(random, random.Next(40))];

            Assert.Equal(ProxyHeaderState.Complete, ProxyHeader.Read(sent, out var read));
            Assert.Equal(header.Length, read.Length);
            Assert.Equal(source, read.Client);
            Assert.Equal(ProxyHeaderState.Incomplete, ProxyHeader.Read(sent.AsSpan(0, random.Next(header.Length)), out _));
        }));
    }

    [Fact]
    public void A_text_header_is_read_as_it_was_written_and_no_part_of_it_is_taken_for_the_whole()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(Seeds.All, seed =>
        {
            var random = new Random(seed);
            var (source, destination) = EndPoints(random);
            string family = source.Address.ToString().Contains(':') ? "TCP6" : "TCP4";
            byte[] header = Encoding.ASCII.GetBytes($"PROXY {family} {source.Address} {destination.Address} {source.Port} {destination.Port}\r\n");
            byte[] sent = [.. header, .. Random(random, random.Next(40))];

            Assert.Equal(ProxyHeaderState.Complete, ProxyHeader.Read(sent, out var read));
            Assert.Equal((header.Length, source), (read.Length, read.Client));
            Assert.Equal(ProxyHeaderState.Incomplete, ProxyHeader.Read(sent.AsSpan(0, random.Next(header.Length)), out _));
        }));
    }

    [Fact]
    public void A_sealed_header_with_another_address_in_it_is_refused()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Seeds.All, seed =>
        {
            var random = new Random(seed);
            var (source, destination) = EndPoints(random);
            byte[] header = Bytes.ProxyV2(source, destination, [], isSealed: true);
            int addresses = header.Length - 16 - 7;
            header[16 + random.Next(addresses)] ^= (byte)(1 << random.Next(8));

            Assert.Equal(ProxyHeaderState.Malformed, ProxyHeader.Read(header, out _));
        }));
    }

    [Fact]
    public void Bytes_of_any_kind_are_read_without_a_fault_and_never_beyond_their_end()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(3000), Prop.ForAll(Seeds.All, seed =>
        {
            var random = new Random(seed);
            byte[] start = random.Next(3) switch { 0 => Bytes.Signature, 1 => "PROXY TCP"u8.ToArray(), _ => [] };
            byte[] sent = [.. start, .. Random(random, random.Next(300))];
            if (random.Next(2) == 0 && sent.Length > 16) (sent[12], sent[14]) = (0x21, 0);

            if (ProxyHeader.Read(sent, out var read) == ProxyHeaderState.Complete) Assert.InRange(read.Length, 16, sent.Length);
        }));
    }

    [Fact]
    public void A_proxys_own_connection_and_one_that_is_not_tcp_keep_their_address()
    {
        foreach (byte[] header in new[]
        {
            Bytes.ProxyV2(0x20, 0x00, []), Bytes.ProxyV2(0x20, 0x11, new byte[12]), Bytes.ProxyV2(0x20, 0xFF, [1, 2, 3]),
            Bytes.ProxyV2(0x21, 0x00, [1, 2, 3]), Bytes.ProxyV2(0x21, 0x12, new byte[12]), Bytes.ProxyV2(0x21, 0x31, new byte[216]),
            "PROXY UNKNOWN\r\n"u8.ToArray(), "PROXY UNKNOWN ffff:f...f:ffff and more\r\n"u8.ToArray(),
        })
        {
            Assert.Equal(ProxyHeaderState.Complete, ProxyHeader.Read(header, out var read));
            Assert.Equal((header.Length, null), (read.Length, read.Client));
        }
    }

    [Fact]
    public void Binary_headers_that_the_protocol_does_not_have_are_refused()
    {
        Assert.All(
            new[]
            {
                Bytes.ProxyV2(0x11, 0x11, new byte[12]),              // version 1 in version 2's form
                Bytes.ProxyV2(0x22, 0x11, new byte[12]),              // no such command
                Bytes.ProxyV2(0x21, 0x41, new byte[36]),              // no such family
                Bytes.ProxyV2(0x21, 0x13, new byte[12]),              // no such transport
                Bytes.ProxyV2(0x21, 0x11, new byte[11]),              // shorter than its addresses
                Bytes.ProxyV2(0x21, 0x21, new byte[12]),
                Bytes.ProxyV2(0x21, 0x11, [.. new byte[12], 4, 0]),   // a field that is cut off
                Bytes.ProxyV2(0x21, 0x11, [.. new byte[12], 4, 0, 9, 1]),
                Bytes.ProxyV2(0x21, 0x11, [.. new byte[12], 3, 0, 4, 1, 2, 3, 4]), // a wrong checksum
                Bytes.ProxyV2(0x21, 0x11, new byte[ProxyHeader.LengthMax]),
            },
            header => Assert.Equal(ProxyHeaderState.Malformed, ProxyHeader.Read(header, out _)));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PROXY\r\n")]
    [InlineData("PROXY \r\n")]
    [InlineData("PROXY TCP5 1.2.3.4 5.6.7.8 1 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n")]
    [InlineData("PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n")]
    [InlineData("PROXY TCP4 01.2.3.4 5.6.7.8 1 2\r\n")]
    [InlineData("PROXY TCP4 0x1.2.3.4 5.6.7.8 1 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.256 5.6.7.8 1 2\r\n")]
    [InlineData("PROXY TCP4 ::1 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n")]
    [InlineData("PROXY TCP6 ::1%1 ::1 1 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 65536 2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n")]
    [InlineData("PROXY UNKNOWNS\r\n")]
    [InlineData("PROXY UNKNOWN 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r\n")]
    public void Text_headers_that_the_protocol_does_not_have_are_refused(string header) =>
        Assert.Equal(ProxyHeaderState.Malformed, ProxyHeader.Read(Encoding.ASCII.GetBytes(header), out _));

    private static (IPEndPoint Source, IPEndPoint Destination) EndPoints(Random random)
    {
        int length = random.Next(2) == 0 ? 4 : 16;
        return (EndPoint(), EndPoint());

        IPEndPoint EndPoint() => new(new IPAddress(Random(random, length)), random.Next(65536));
    }

    private static byte[] Random(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
