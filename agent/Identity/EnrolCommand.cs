using System.CommandLine;
using System.Text;
using Consoles.Common.Link;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Identity;

/// <summary>consoles-agent enrol.</summary>
internal static class EnrolCommand
{
    private const int MaxTokenFileBytes = 4096;

    public static Command Create(TextReader input, TimeProvider clock)
    {
        var broker = new Option<string>("--broker") { Description = "The broker's address for agents: https://HOST:6084", Required = true, HelpName = "URL" };
        var token = new Option<string?>("--token") { Description = "The join token. Others on this machine can see it in the process list; --token-file hides it.", HelpName = "TOKEN" };
        var tokenFile = new Option<string?>("--token-file") { Description = "A file with the join token, or - to read it from standard input.", HelpName = "FILE" };
        var state = new Option<string>("--state")
        {
            Description = "Where the agent keeps its identity.",
            HelpName = "DIR",
            DefaultValueFactory = _ => IdentityOptions.DefaultStateDirectory,
        };
        var force = new Option<bool>("--force") { Description = "Replace the identity that this node has already." };

        var command = new Command("enrol", "Exchange a join token for this node's certificate (consoles-broker node invite NAME makes the token).")
        {
            broker, token, tokenFile, state, force,
        };

        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                var files = new IdentityFiles(Options.Create(new IdentityOptions { StateDirectory = parsed.GetValue(state)! }), clock);
                var read = Token(parsed.GetValue(token), parsed.GetValue(tokenFile), input);
                var address = BrokerAddress.Parse(parsed.GetValue(broker)!);

                var node = await new Enrolment(files, clock).EnrolAsync(address, read, parsed.GetValue(force), cancellationToken);

                await parsed.InvocationConfiguration.Output.WriteLineAsync($"Enrolled as node {node}. Its identity is in {files.Directory}.");
                return ExitCode.Done;
            }
            catch (IdentityException e)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(e.Message);
                return ExitCode.Failed;
            }
        });

        return command;
    }

    private static JoinToken Token(string? argument, string? file, TextReader input)
    {
        var text = (argument, file) switch
        {
            (not null, null) => argument,
            (null, "-") => ReadLine(input),
            (null, not null) => ReadFile(file),
            _ => throw new IdentityException("Give the join token with --token-file FILE, --token-file - or --token TOKEN, one of them."),
        };

        return JoinToken.TryParse(text, out var token)
            ? token
            : throw new IdentityException("That is not a join token: one begins with cj1_ and is 91 characters long. Was it copied whole?");
    }

    // A person pastes it and presses Enter: nobody should have to end the input as well.
    private static string ReadLine(TextReader input)
    {
        var line = new StringBuilder();

        for (var next = input.Read(); next is not (-1 or '\n') && line.Length < MaxTokenFileBytes; next = input.Read())
        {
            line.Append((char)next);
        }

        return line.ToString();
    }

    private static string ReadFile(string file)
    {
        try
        {
            using var reader = new StreamReader(file);
            return ReadLimited(reader);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IdentityException($"The join token could not be read: {e.Message}", e);
        }
    }

    private static string ReadLimited(TextReader reader)
    {
        var buffer = new char[MaxTokenFileBytes];
        return new string(buffer, 0, reader.ReadBlock(buffer));
    }
}
