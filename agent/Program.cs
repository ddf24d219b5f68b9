using Consoles.Agent;

// Before anything else: it begins the process anew.
if (args is ["run", ..])
{
    DiagnosticPort.Close();
}

return await AgentCommandLine.RunAsync(args, Console.Out, Console.Error);
