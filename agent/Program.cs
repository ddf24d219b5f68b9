return await Consoles.Agent.AgentCommandLine.RunAsync(args, Console.Out, Console.Error);
