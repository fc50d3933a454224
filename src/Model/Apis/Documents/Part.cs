namespace Stateway.Model.Apis.Documents;

/// <summary>What a node of an OpenAPI document is.</summary>
internal enum Part : byte
{
    /// <summary>Data, or something without references and schemas inside.</summary>
    Other,
    Document,
    Paths,
    PathItem,
    Operation,
    Components,
    Parameter,
    RequestBody,
    Responses,
    Response,
    MediaType,
    Header,
    Encoding,
    Example,
    Link,
    Callback,
    SecurityScheme,
    Schema,
    Collection,
    Action,
    Target,
}

/// <summary>How a field holds parts.</summary>
internal enum Holds : byte { One, List, Map }

/// <param name="Name">Of the field.</param>
internal readonly record struct Field(string Name, Part Part = Part.Other, Holds Holds = Holds.One);
