using System.CommandLine;
using Stateway.Client.Secrets;
using Stateway.Secrets;

namespace Stateway.Commands;

/// <summary><c>stateway secrets rotate</c>: encrypts all secrets anew while the servers go on.</summary>
internal static class SecretsRotateCommand
{
    public static Command Create()
    {
        var masterKey = new Option<string?>("--master-key") { Description = $"File with the master key that the servers have [default: {MasterKeyFile.Variable}].", HelpName = "FILE" };
        var newMasterKey = new Option<string?>("--new-master-key") { Description = "File with the master key that they are to have; made when it is not there. Without it the master key stays.", HelpName = "FILE" };

        var command = new Command("rotate", """
            Encrypts all secrets with a new key, under the same master key or a new one. The master keys are used here and sent
            nowhere. When it is broken off, the same command goes on.

              stateway secrets rotate --master-key shop/.stateway/master.key
              stateway secrets rotate --master-key master.key --new-master-key next.key
            """) { masterKey, newMasterKey };
        command.SetClientAction(async (parsed, session, ct) =>
        {
            var (masters, error) = MasterKeyOption.Read(parsed.GetValue(masterKey));
            if (error is not null) return ClientCommand.Tell(new(error));
            if (masters is null) return ClientCommand.Tell(new($"--master-key FILE or {MasterKeyFile.Variable} gives the master key that the servers have: {MasterKeyFile.Name} in the data folder of the node that took the first secret."));

            var next = masters[0];
            string? file = parsed.GetValue(newMasterKey);
            if (file is not null)
            {
                var (chosen, whyNot) = Open(file);
                if (chosen is null) return ClientCommand.Tell(new(whyNot!));
                next = chosen;
            }

            if (await new Rotation(session, masters, next, Terminal.Say).RunAsync(ct) is { } failure) return ClientCommand.Tell(failure);

            if (file is not null) Terminal.Say($"Nodes that run go on; those that start need {file} as their master key from now on.");
            return 0;
        });
        return command;
    }

    private static (MasterKey? Key, string? WhyNot) Open(string file)
    {
        try
        {
            if (!File.Exists(file))
            {
                var made = MasterKeyFile.Create(file);
                Terminal.Say($"{file} holds a new master key.");
                return (made, null);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"{file} can't be written: {e.Message}");
        }

        var (keys, error) = MasterKeyFile.Read(file);
        return error is null ? (keys[0], null) : (null, error);
    }
}
