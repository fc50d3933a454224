using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using Stateway.Model.Schemas;
using Stateway.Schemas.Bench;

byte[] order = Bodies.Order;
var set = new SchemaSet(SchemaDialect.Draft202012);
set.Add(Bodies.DocumentUri, Bodies.Document);
var schema = Compile("Order");
var parts = Compile("OrderOfParts");
var defaults = Defaults.Of(set.ShapeOf(Bodies.DocumentUri + "#/components/schemas/Order"));
var output = new ArrayBufferWriter<byte>(4096);

Console.WriteLine($"body: {order.Length} bytes; µs an operation, of one thread");
Console.WriteLine($"{"",-44}{"min",8}{"median",8}{"bytes",8}");
Measure("Schema.Validate", () => Validate(schema));
Measure("Schema.Validate, closed over allOf", () => Validate(parts));
Measure("Defaults.Apply", ApplyDefaults);
Measure("JsonDocument.Parse (System.Text.Json)", ParseDocument);
Measure("Utf8JsonReader to the end (System.Text.Json)", ReadThrough);

Schema Compile(string name)
{
    var compiled = set.Compile(Bodies.DocumentUri + "#/components/schemas/" + name, SchemaUse.RequestBody);
    return compiled.Schema ?? throw new InvalidOperationException(string.Join('\n', compiled.Defects));
}

void Validate(Schema schema)
{
    var errors = new SchemaErrors();
    if (!schema.Validate(order, errors)) throw new InvalidOperationException(string.Join('\n', errors.Items));
}

void ApplyDefaults()
{
    output.ResetWrittenCount();
    defaults.Apply(order, output);
}

void ParseDocument()
{
    using var document = JsonDocument.Parse(order);
}

void ReadThrough()
{
    var reader = new Utf8JsonReader(order);
    while (reader.Read())
    {
    }
}

// Many short rounds: the least says what it costs, the median what a busy machine makes of it.
static void Measure(string name, Action action)
{
    const int rounds = 60, perRound = 2000;
    for (int i = 0; i < 30_000; i++) action();
    Thread.Sleep(200); // for the compiler's second tier

    double[] micros = new double[rounds];
    long before = GC.GetAllocatedBytesForCurrentThread();
    for (int round = 0; round < rounds; round++)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < perRound; i++) action();
        micros[round] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / perRound;
    }

    long bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / (rounds * perRound);
    Array.Sort(micros);
    Console.WriteLine($"{name,-44}{micros[0],8:0.00}{micros[rounds / 2],8:0.00}{bytes,8}");
}
