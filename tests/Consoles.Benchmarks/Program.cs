if (args is ["stalled"])
{
    await Consoles.Benchmarks.StalledClients.RunAsync();
}
else
{
    BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(System.Reflection.Assembly.GetExecutingAssembly()).Run(args);
}
