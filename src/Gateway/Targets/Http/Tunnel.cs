using System.Buffers;

namespace Stateway.Gateway.Targets.Http;

/// <summary>Carries bytes both ways after a 101, until one side ends.</summary>
internal sealed class Tunnel(Stream client, UpstreamConnection connection, TimeSpan idleTimeout)
{
    public async Task RunAsync()
    {
        using var stop = new CancellationTokenSource();
        connection.Deadline.Set(idleTimeout);
        var up = CarryUpAsync(stop.Token);
        await CarryDownAsync();

        // The server cannot close one direction only: when the service has nothing more to say, the tunnel is over.
        await stop.CancelAsync();
        connection.Abort(AbortReason.Finished);
        await up;
    }

    private async Task CarryDownAsync()
    {
        try
        {
            do
            {
                if (connection.Buffered.Length == 0) continue; // nothing came along with the 101

                await client.WriteAsync(connection.BufferedMemory);
                await client.FlushAsync();
                connection.Consume(connection.Buffered.Length);
                connection.Deadline.Set(idleTimeout);
            }
            while (await connection.FillAsync() > 0);
        }
        catch (Exception e) when (UpstreamConnection.IsOfTheNetwork(e))
        {
            // The client is gone: RunAsync ends the rest.
        }
    }

    private async Task CarryUpAsync(CancellationToken ct)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(UpstreamConnection.BufferBytes);
        try
        {
            int count;
            while ((count = await client.ReadAsync(buffer, ct)) > 0)
            {
                connection.Deadline.Extend(idleTimeout);
                if (!await connection.WriteAsync(buffer.AsMemory(0, count))) return;
            }

            await connection.EndWritingAsync();
        }
        catch (Exception e) when (UpstreamConnection.IsOfTheNetwork(e))
        {
            connection.Abort(AbortReason.ClientGone);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
