namespace Stateway.Gateway.Tracing;

/// <summary>A step of the pipeline, as a trace names it.</summary>
public enum TraceStep : byte { Match, Validate, Target }
