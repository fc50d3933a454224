using Stateway.ProxyBench;

return args switch
{
    ["forwarder", var listen, var upstream] => await BareForwarder.RunAsync(listen, upstream),
    ["target", var listen, var upstream] => await TargetHost.RunAsync(listen, upstream),
    ["drive", .. var options] => await Driver.RunAsync(options),
    _ => throw new ArgumentException("forwarder | target | drive"),
};
