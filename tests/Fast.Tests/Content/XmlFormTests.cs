using System.Buffers;
using System.Diagnostics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Gateway.Content.Xml;
using Stateway.Model.Schemas;
using Xunit;

namespace Stateway.Fast.Tests.Content;

public sealed class XmlFormTests
{
    private static readonly XmlForm Free = XmlForm.Of(Shape.Any, "value");

    private static readonly XmlForm Product = XmlForm.Of(
        Shapes.Object(
            ("id", Shapes.String.With(Shapes.Xml(attribute: true))),
            ("sku", Shapes.String),
            ("price", Shapes.Number),
            ("active", Shapes.Boolean),
            ("tags", Shapes.Array(Shapes.String)),
            ("sizes", Shapes.Array(Shapes.Integer.With(Shapes.Xml("size")), Shapes.Xml(wrapped: false))),
            ("address", Shapes.Object(("city", Shapes.String))),
            ("note", new Shape { Types = ShapeTypes.String | ShapeTypes.Null })),
        "product");

    [Theory]
    [InlineData("{\"id\":\"p1\",\"sku\":\"A-1\",\"price\":9.50}", "<product id=\"p1\"><sku>A-1</sku><price>9.50</price></product>")]
    [InlineData("{\"tags\":[\"a\",\"b\"],\"sizes\":[1,2]}", "<product><tags><tag>a</tag><tag>b</tag></tags><size>1</size><size>2</size></product>")]
    [InlineData("{\"tags\":[],\"address\":{},\"sku\":\"\"}", "<product><tags/><address/><sku/></product>")]
    [InlineData("{\"sizes\":[]}", "<product xmlns:json=\"urn:stateway:json\"><_ json:name=\"sizes\"/></product>")]
    [InlineData("{\"note\":null}", "<product xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><note xsi:nil=\"true\"/></product>")]
    [InlineData("{\"price\":\"9\"}", "<product xmlns:json=\"urn:stateway:json\"><price json:type=\"string\">9</price></product>")]
    [InlineData("{\"id\":5}", "<product xmlns:json=\"urn:stateway:json\"><id json:type=\"number\">5</id></product>")]
    [InlineData("{\"a b\":true}", "<product xmlns:json=\"urn:stateway:json\"><_ json:name=\"a b\" json:type=\"boolean\">true</_></product>")]
    [InlineData("{\"size\":\"L\"}", "<product xmlns:json=\"urn:stateway:json\"><_ json:name=\"size\">L</_></product>")]
    [InlineData("{\"sku\":\"a\\u0001\\n\"}", "<product xmlns:json=\"urn:stateway:json\"><sku json:escaped=\"true\">a\\u0001\\n</sku></product>")]
    [InlineData("{\"sku\":\" \\r\\n<&>\\t\"}", "<product><sku> &#13;\n&lt;&amp;&gt;\t</sku></product>")]
    [InlineData("{\"id\":\"a\\n\\\"b\"}", "<product id=\"a&#10;&quot;b\"></product>")]
    [InlineData("{\"extra\":{\"depth\":1e5,\"a b\":\"x\"}}", "<product xmlns:json=\"urn:stateway:json\"><extra><depth json:type=\"number\">1e5</depth><_ json:name=\"a b\">x</_></extra></product>")]
    [InlineData("{}", "<product/>")]
    [InlineData("[1]", "<product xmlns:json=\"urn:stateway:json\" json:type=\"array\"><item json:type=\"number\">1</item></product>")]
    public void A_value_is_written_by_its_shape_and_read_back(string json, string xml)
    {
        Assert.Equal(xml, XmlRoundTrip.Write(Product, json));
        Assert.Equal(json, XmlRoundTrip.Read(Product, xml));
    }

    [Fact]
    public void Plain_elements_become_what_the_shape_says()
    {
        const string xml = """
            <!-- by hand -->
            <product id='p1'>
              <sku>A-1</sku>  <price> 9.5 </price> <active>1</active>
              <tags> <tag>a</tag> <x><![CDATA[<b>]]></x> </tags>
              <size>1</size> <address> <city>Bern</city> </address> <size>2</size> <note/>
            </product>
            """;
        Assert.Equal(
            """{"id":"p1","sku":"A-1","price":9.5,"active":true,"tags":["a","<b>"],"sizes":[1,2],"address":{"city":"Bern"},"note":""}""",
            XmlRoundTrip.Read(Product, xml));
    }

    [Theory]
    [InlineData("<product><price>cheap</price></product>", """{"price":"cheap"}""")]
    [InlineData("<product><price>+5</price></product>", """{"price":"+5"}""")]
    [InlineData("<product><price/></product>", """{"price":""}""")]
    [InlineData("<product><price><a/></price></product>", """{"price":{"a":""}}""")]
    [InlineData("<product><tags>a</tags></product>", """{"tags":"a"}""")]
    [InlineData("<product><colour>red</colour></product>", """{"colour":"red"}""")]
    [InlineData("<product colour='red'/>", """{"colour":"red"}""")]
    [InlineData("<product><id>p1</id></product>", """{"id":"p1"}""")]
    [InlineData("<product sku='A-1' price='2'/>", """{"sku":"A-1","price":2}""")]
    [InlineData("<product><sizes><size>1</size></sizes></product>", """{"sizes":[1]}""")]
    [InlineData("<p:product xmlns:p='urn:other'><p:sku>A</p:sku></p:product>", """{"sku":"A"}""")]
    public void What_does_not_fit_is_left_to_the_schema(string xml, string json) => Assert.Equal(json, XmlRoundTrip.Read(Product, xml));

    [Theory]
    [InlineData("<product><sku>a</sku><sku>b</sku></product>", XmlError.DuplicateName)]
    [InlineData("<product id='1'><id>2</id></product>", XmlError.DuplicateName)]
    [InlineData("<product><a>1</a><a>2</a></product>", XmlError.DuplicateName)]
    [InlineData("<product><size>1</size><_ xmlns:j='urn:stateway:json' j:name='sizes'/></product>", XmlError.DuplicateName)]
    [InlineData("<product>text<sku>a</sku></product>", XmlError.Malformed)]
    [InlineData("<product><sku>a<b/></sku></product>", XmlError.Malformed)]
    [InlineData("<product><address>a<city/></address></product>", XmlError.Malformed)]
    [InlineData("<product><sku lang='de'>a</sku></product>", XmlError.Malformed)]
    [InlineData("<product><note xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='1'>x</note></product>", XmlError.Malformed)]
    [InlineData("<product><price xmlns:j='urn:stateway:json' j:type='number'>x</price></product>", XmlError.Malformed)]
    [InlineData("<product><price xmlns:j='urn:stateway:json' j:type='int'>1</price></product>", XmlError.Malformed)]
    [InlineData("<product><sku xmlns:j='urn:stateway:json' j:escaped='true'>\\q</sku></product>", XmlError.Malformed)]
    [InlineData("<other/>", XmlError.Malformed)]
    [InlineData("<product>", XmlError.Malformed)]
    [InlineData("<product/><product/>", XmlError.Malformed)]
    [InlineData("", XmlError.Malformed)]
    [InlineData("{\"sku\":1}", XmlError.Malformed)]
    [InlineData("<?xml version='1.0' encoding='iso-8859-1'?><product/>", XmlError.Malformed)]
    [InlineData("<!DOCTYPE product><product/>", XmlError.Malformed)]
    [InlineData("<!DOCTYPE product [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><product><sku>&a;</sku></product>", XmlError.Malformed)]
    [InlineData("<product><sku>&undefined;</sku></product>", XmlError.Malformed)]
    [InlineData("<product><sku>&#1;</sku></product>", XmlError.Malformed)]
    public void What_is_no_document_of_the_form_is_refused(string xml, string code) => Assert.Equal(code, XmlRoundTrip.Refuse(Product, xml).Code);

    [Fact]
    public void An_error_says_where()
    {
        var error = XmlRoundTrip.Refuse(Product, "<product>\n  <sku>a</sku>\n  <sku>b</sku>\n</product>");
        Assert.Equal((3, 4), (error.Line, error.Column));
        Assert.Equal("sku is given twice.", error.Detail);
        Assert.Equal(2, XmlRoundTrip.Refuse(Product, "<product>\n<sku>").Line);
    }

    [Fact]
    public void Only_Utf8_is_read()
    {
        foreach (var encoding in new[] { Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32 })
        {
            byte[] xml = [.. encoding.GetPreamble(), .. encoding.GetBytes("<product/>")];
            Assert.False(Product.TryRead(xml, new ArrayBufferWriter<byte>(), out var error));
            Assert.Equal("The document must be UTF-8.", error.Detail);
            Assert.False(Product.TryRead(encoding.GetBytes("<product/>"), new ArrayBufferWriter<byte>(), out _));
        }

        byte[] ebcdic = [0x4C, 0x6F, 0xA7, 0x94, 0x93, 0x40];
        Assert.False(Product.TryRead(ebcdic, new ArrayBufferWriter<byte>(), out _));
        Assert.False(Product.TryRead("<product><sku>\xff</sku></product>"u8.ToArray().Select(b => b == 0xC3 ? (byte)0xFF : b).ToArray(), new ArrayBufferWriter<byte>(), out _));
        Assert.Equal("{}", XmlRoundTrip.Read(Product, "\uFEFF<?xml version='1.0' encoding='UTF-8'?><product/>"));
    }

    [Fact]
    public void Sixty_four_levels_are_carried_and_no_more()
    {
        string deep = string.Concat(Enumerable.Repeat("[", 64)) + string.Concat(Enumerable.Repeat("]", 64));
        string xml = XmlRoundTrip.Write(Free, deep);
        Assert.Equal(deep, XmlRoundTrip.Read(Free, xml));

        string deeper = string.Concat(Enumerable.Repeat("<a>", 65)) + string.Concat(Enumerable.Repeat("</a>", 65));
        Assert.Equal(XmlError.TooDeep, XmlRoundTrip.Refuse(Free, $"<value>{deeper}</value>").Code);
        string bottomless = "<value>" + string.Concat(Enumerable.Repeat("<a>", 200_000));
        Assert.Equal(XmlError.TooDeep, XmlRoundTrip.Refuse(Free, bottomless).Code);
    }

    [Fact]
    public void A_shape_may_contain_itself()
    {
        var node = Shapes.Object(("name", Shapes.String));
        node.Properties = node.Properties.Add(new("children", Shapes.Array(node)));
        var form = XmlForm.Of(node, "node");
        const string json = """{"name":"a","children":[{"name":"b","children":[]},{"name":"c"}]}""";
        string xml = XmlRoundTrip.Write(form, json);
        Assert.Equal("<node><name>a</name><children><item><name>b</name><children/></item><item><name>c</name></item></children></node>", xml);
        Assert.Equal(json, XmlRoundTrip.Read(form, xml));
    }

    [Fact]
    public void Namespaces_are_declared_where_they_are_needed()
    {
        var form = XmlForm.Of(
            Shapes.Object(
                ("id", Shapes.Integer.With(Shapes.Xml(ns: "urn:a", prefix: "p", attribute: true))),
                ("name", Shapes.String.With(Shapes.Xml(ns: "urn:a", prefix: "p"))),
                ("other", Shapes.String.With(Shapes.Xml("name", ns: "urn:b", prefix: "p"))),
                ("inner", Shapes.Object(("x", Shapes.Number)).With(Shapes.Xml(ns: "urn:c"))),
                ("lang", Shapes.String.With(Shapes.Xml(ns: XmlVocabularyOfW3, prefix: "xml", attribute: true)))),
            "root");
        const string json = """{"id":1,"name":"a","other":"b","inner":{"x":1},"lang":"de"}""";
        string xml = XmlRoundTrip.Write(form, json);
        Assert.Equal(
            "<root xmlns:p=\"urn:a\" xmlns:ns1=\"urn:b\" p:id=\"1\" xml:lang=\"de\"><p:name>a</p:name><ns1:name>b</ns1:name>"
            + "<inner xmlns=\"urn:c\"><x>1</x></inner></root>",
            xml);
        Assert.Equal(json, XmlRoundTrip.Read(form, xml));
    }

    private const string XmlVocabularyOfW3 = "http://www.w3.org/XML/1998/namespace";

    [Fact]
    public void Two_properties_of_one_component_stay_two_elements()
    {
        var user = new Shape { Types = ShapeTypes.String, ComponentName = "User", Xml = Shapes.Xml("user") };
        var form = XmlForm.Of(Shapes.Object(("owner", user), ("buyer", user), ("users", Shapes.Array(user))), "order");
        const string json = """{"owner":"a","buyer":"b","users":["c"]}""";
        Assert.Equal("<order><owner>a</owner><buyer>b</buyer><users><user>c</user></users></order>", XmlRoundTrip.Write(form, json));
        Assert.Equal("""{"owner":"a"}""", XmlRoundTrip.Read(form, "<order><user>a</user></order>"));
    }

    [Theory]
    [InlineData("categories", "category")]
    [InlineData("addresses", "address")]
    [InlineData("boxes", "box")]
    [InlineData("sizes", "size")]
    [InlineData("status", "item")]
    [InlineData("data", "item")]
    [InlineData("s", "item")]
    public void Items_have_the_singular_of_their_array(string array, string item)
    {
        var form = XmlForm.Of(Shapes.Object((array, Shapes.Array(Shapes.Integer))), "root");
        Assert.Equal($"<root><{array}><{item}>1</{item}></{array}></root>", XmlRoundTrip.Write(form, $"{{\"{array}\":[1]}}"));
    }

    [Fact]
    public void Items_of_unwrapped_arrays_may_stand_anywhere()
    {
        var list = Shapes.Array(Shapes.Object(("n", Shapes.Array(Shapes.Integer, Shapes.Xml(wrapped: false))), ("m", Shapes.Integer)), Shapes.Xml(wrapped: false));
        var form = XmlForm.Of(Shapes.Object(("a", list), ("b", Shapes.Array(Shapes.Integer, Shapes.Xml(wrapped: false))), ("c", Shapes.String)), "root");
        Assert.Equal(
            """{"a":[{"n":[1,3],"m":2},{"m":5,"n":[6]},{"n":[7]}],"c":"x","b":[1,2,3]}""",
            XmlRoundTrip.Read(form, "<root><a><n>1</n><m>2</m><n>3</n></a><c>x</c><b>1</b><a><m>5</m><n>6</n></a><b>2</b><b>3</b><a><n>7</n></a></root>"));
    }

    [Fact]
    public void A_page_and_a_problem_have_their_forms()
    {
        var page = XmlForm.OfList(Shapes.Object(("sku", Shapes.String)), "products", "product");
        const string json = """{"results":[{"sku":"A"}],"next_page_token":"t","revision":"7","total_size":1}""";
        string xml = XmlRoundTrip.Write(page, json);
        Assert.Equal(
            "<products><results><product><sku>A</sku></product></results><next_page_token>t</next_page_token>"
            + "<revision>7</revision><total_size>1</total_size></products>",
            xml);
        Assert.Equal(json, XmlRoundTrip.Read(page, xml));

        const string problem = """{"type":"/_/problems/x","status":422,"code":"X","errors":[{"pointer":"/a","code":"MINIMUM","detail":"no"}],"limit":5}""";
        xml = XmlRoundTrip.Write(XmlForm.Problem, problem);
        Assert.Equal(
            "<problem xmlns:json=\"urn:stateway:json\" xmlns=\"urn:ietf:rfc:7807\"><type>/_/problems/x</type><status>422</status><code>X</code>"
            + "<errors><i><pointer>/a</pointer><code>MINIMUM</code><detail>no</detail></i></errors><limit json:type=\"number\">5</limit></problem>",
            xml);
        Assert.Equal(problem, XmlRoundTrip.Read(XmlForm.Problem, xml));
    }

    [Fact]
    public void A_lone_surrogate_survives_as_an_escape()
    {
        const string json = """{"\ud800":"a\udfffb\ud83d\ude00"}""";
        Assert.Equal("""{"\ud800":"a\udfffb😀"}""", XmlRoundTrip.Read(Free, XmlRoundTrip.Write(Free, json)));
    }

    [Fact]
    public void Any_json_survives_under_any_shape()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(3000), Prop.ForAll(Seeds.All, seed =>
        {
            var random = new RandomJson(seed);
            var shape = random.Shape(attributes: false);
            string json = random.Json(shape);
            var form = XmlForm.Of(shape, "root");
            string xml = XmlRoundTrip.Write(form, json);
            Assert.True(json == XmlRoundTrip.Read(form, xml), $"{json}\n{xml}\n{XmlRoundTrip.Read(form, xml)}");
        }));
    }

    [Fact]
    public void Any_json_survives_under_shapes_with_attributes_apart_from_the_order_of_members()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(3000), Prop.ForAll(Seeds.All, seed =>
        {
            var random = new RandomJson(seed);
            var shape = random.Shape(attributes: true);
            string json = random.Json(shape);
            var form = XmlForm.Of(shape, "root");
            string xml = XmlRoundTrip.Write(form, json);
            Assert.True(XmlRoundTrip.Sorted(json) == XmlRoundTrip.Sorted(XmlRoundTrip.Read(form, xml)), $"{json}\n{xml}\n{XmlRoundTrip.Read(form, xml)}");
        }));
    }

    [Fact]
    public void Another_parser_finds_what_is_written_well_formed()
    {
        const string xmllint = "/usr/bin/xmllint";
        Assert.SkipUnless(File.Exists(xmllint), "xmllint is not installed");
        var folder = Directory.CreateTempSubdirectory("stateway-xml-");
        try
        {
            for (int seed = 0; seed < 500; seed++)
            {
                var random = new RandomJson(seed);
                var shape = random.Shape(attributes: true);
                using var file = File.Create(Path.Combine(folder.FullName, seed + ".xml"));
                var xml = new ArrayBufferWriter<byte>();
                XmlForm.Of(shape, "root").Write(Encoding.UTF8.GetBytes(random.Json(shape)), xml);
                file.Write(xml.WrittenSpan);
            }

            var start = new ProcessStartInfo(xmllint) { RedirectStandardError = true };
            foreach (string argument in (string[])["--noout", "--nonet", .. folder.GetFiles().Select(f => f.FullName)]) start.ArgumentList.Add(argument);
            using var process = Process.Start(start)!;
            string complaints = process.StandardError.ReadToEnd(); // of namespaces, too, which leave the exit code at 0
            process.WaitForExit();
            Assert.Equal("", complaints);
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Nothing_that_is_sent_throws()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(Seeds.All, seed =>
        {
            var random = new RandomJson(seed);
            var shape = random.Shape(attributes: true);
            var form = XmlForm.Of(shape, "root");
            byte[] xml = Encoding.UTF8.GetBytes(XmlRoundTrip.Write(form, random.Json(shape)));
            var noise = new Random(seed);
            for (int i = 0; i < 3; i++) xml[noise.Next(xml.Length)] = (byte)noise.Next(256);
            var json = new ArrayBufferWriter<byte>();
            if (form.TryRead(xml, json, out var error)) System.Text.Json.JsonDocument.Parse(json.WrittenMemory).Dispose();
            else Assert.True(error is { Line: > 0, Column: > 0, Detail.Length: > 0 });
        }));
    }

    [Fact]
    public void Any_bytes_never_throw() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            if (!Free.TryRead(bytes, new ArrayBufferWriter<byte>(), out var error)) Assert.True(error.Line > 0);
        }));
}
