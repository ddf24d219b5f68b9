return await Consoles.Broker.BrokerCommandLine.RunAsync(args, Console.Out, Console.Error);
