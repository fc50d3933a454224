using static Stateway.Model.Apis.Changes.ChangeSeverity;

namespace Stateway.Model.Apis.Changes;

/// <summary>
/// Every kind of change there is. <c>docs/reference/changes.md</c> is generated from this list. The principle: what a
/// client sends may only get wider, what it receives only narrower. What can't be decided is taken for the worse.
/// </summary>
public static class ChangeRules
{
    private static readonly List<ChangeRule> Listed = []; // first, because the rules below put themselves into it

    // The document and its operations.

    public static readonly ChangeRule BasePathChanged = Of("BASE_PATH_CHANGED", Breaking, "Operations stand under another base path: that of the first server. Calls to the old one find nothing.");
    public static readonly ChangeRule ServerRemoved = Of("SERVER_REMOVED", Warning, "The document no longer names a server. Whether it still answers, the document can't tell.");
    public static readonly ChangeRule ServerAdded = Of("SERVER_ADDED", Info, "The document names one more server.");
    public static readonly ChangeRule ComparisonIncomplete = Of("COMPARISON_INCOMPLETE", Breaking, "The documents are too large or too entangled to be compared whole. What was not compared is taken for broken.");
    public static readonly ChangeRule OperationRemoved = Of("OPERATION_REMOVED", Breaking, "A method of a path is gone: an operation, a collection's, an action. Paths that differ in the names of their parameters only are the same.");
    public static readonly ChangeRule OperationAdded = Of("OPERATION_ADDED", Info, "A method of a path is new.");
    public static readonly ChangeRule OperationIdChanged = Of("OPERATION_ID_CHANGED", Warning, "Nothing changes on the wire, but functions of generated clients get another name.");
    public static readonly ChangeRule OperationDeprecated = Of("OPERATION_DEPRECATED", Info, "The operation still answers; it is announced that it will go.");
    public static readonly ChangeRule OperationRestored = Of("OPERATION_RESTORED", Info, "The operation is no longer deprecated.");

    // Parameters.

    public static readonly ChangeRule PathParameterRenamed = Of("PATH_PARAMETER_RENAMED", Info, "A parameter of the path has another name. URLs are the same; only arguments of generated clients are named differently.");
    public static readonly ChangeRule ParameterRemoved = Of("PARAMETER_REMOVED", Breaking, "A query parameter is gone, such as a field that a collection could be filtered by. Collections refuse unknown parameters.");
    public static readonly ChangeRule HeaderParameterRemoved = Of("HEADER_PARAMETER_REMOVED", Warning, "A header or cookie parameter is gone. It is not refused, but ignored.");
    public static readonly ChangeRule ParameterAdded = Of("PARAMETER_ADDED", Info, "An optional parameter is new.");
    public static readonly ChangeRule RequiredParameterAdded = Of("REQUIRED_PARAMETER_ADDED", Breaking, "A required parameter is new. Calls without it are refused.");
    public static readonly ChangeRule ParameterMoved = Of("PARAMETER_MOVED", Breaking, "A parameter stands elsewhere: in the query, a header or a cookie.");
    public static readonly ChangeRule ParameterBecameRequired = Of("PARAMETER_BECAME_REQUIRED", Breaking, "An optional parameter is required. Calls without it are refused.");
    public static readonly ChangeRule ParameterBecameOptional = Of("PARAMETER_BECAME_OPTIONAL", Info, "A required parameter can be left out.");
    public static readonly ChangeRule ParameterStyleChanged = Of("PARAMETER_STYLE_CHANGED", Breaking, "A parameter is written differently: another style, explode (of lists and objects), or media type.");
    public static readonly ChangeRule ParameterDeprecated = Of("PARAMETER_DEPRECATED", Info, "The parameter still works; it is announced that it will go.");
    public static readonly ChangeRule ParameterRestored = Of("PARAMETER_RESTORED", Info, "The parameter is no longer deprecated.");

    // Bodies and answers.

    public static readonly ChangeRule BodyRemoved = Of("REQUEST_BODY_REMOVED", Breaking, "The operation takes no body any more.");
    public static readonly ChangeRule BodyAdded = Of("REQUEST_BODY_ADDED", Info, "The operation takes a body that can be left out.");
    public static readonly ChangeRule RequiredBodyAdded = Of("REQUIRED_REQUEST_BODY_ADDED", Breaking, "The operation needs a body.");
    public static readonly ChangeRule BodyBecameRequired = Of("REQUEST_BODY_BECAME_REQUIRED", Breaking, "The body can't be left out any more.");
    public static readonly ChangeRule BodyBecameOptional = Of("REQUEST_BODY_BECAME_OPTIONAL", Info, "The body can be left out.");
    public static readonly ChangeRule RequestMediaTypeRemoved = Of("REQUEST_MEDIA_TYPE_REMOVED", Breaking, "Bodies in this media type are refused.");
    public static readonly ChangeRule RequestMediaTypeAdded = Of("REQUEST_MEDIA_TYPE_ADDED", Info, "Bodies can be sent in one more media type.");
    public static readonly ChangeRule EncodingChanged = Of("REQUEST_ENCODING_CHANGED", Warning, "The parts of a form or of a multipart body are encoded differently. What that means can't be decided.");
    public static readonly ChangeRule SuccessRemoved = Of("SUCCESS_RESPONSE_REMOVED", Breaking, "A status of success (2xx, or 3xx other than 304) is gone; what came with it comes otherwise, or not.");
    public static readonly ChangeRule SuccessAdded = Of("SUCCESS_RESPONSE_ADDED", Warning, "One more status of success. Clients that compare with the one they know may take it for a failure.");
    public static readonly ChangeRule ResponseRemoved = Of("RESPONSE_REMOVED", Info, "A status of failure, 304 or the default is no longer described.");
    public static readonly ChangeRule ResponseAdded = Of("RESPONSE_ADDED", Info, "A status of failure, 304 or the default is new. Clients treat one that they don't know as the x00 of its class (RFC 9110, section 15).");
    public static readonly ChangeRule ConditionRequired = Of("CONDITION_REQUIRED", Breaking, "The operation answers 428: a write without If-Match or If-Unmodified-Since is refused.");
    public static readonly ChangeRule ConditionNotRequired = Of("CONDITION_NOT_REQUIRED", Info, "A write needs no condition any more.");
    public static readonly ChangeRule ResponseMediaTypeRemoved = Of("RESPONSE_MEDIA_TYPE_REMOVED", Breaking, "An answer no longer comes in this media type. Who accepts nothing else gets 406.");
    public static readonly ChangeRule ResponseMediaTypeAdded = Of("RESPONSE_MEDIA_TYPE_ADDED", Info, "An answer comes in one more media type, for those who accept it.");
    public static readonly ChangeRule HeaderRemoved = Of("RESPONSE_HEADER_REMOVED", Warning, "A header of an answer is gone that could be missing before.");
    public static readonly ChangeRule RequiredHeaderRemoved = Of("REQUIRED_RESPONSE_HEADER_REMOVED", Breaking, "A header is gone that every answer of this status had.");
    public static readonly ChangeRule HeaderAdded = Of("RESPONSE_HEADER_ADDED", Info, "An answer has one more header.");
    public static readonly ChangeRule HeaderBecameOptional = Of("RESPONSE_HEADER_BECAME_OPTIONAL", Breaking, "A header can be missing that every answer of this status had.");
    public static readonly ChangeRule HeaderBecameRequired = Of("RESPONSE_HEADER_BECAME_REQUIRED", Info, "Every answer of this status has the header.");

    // Security.

    public static readonly ChangeRule SecurityAdded = Of("SECURITY_ADDED", Breaking, "The operation could be called by anybody, and now needs credentials.");
    public static readonly ChangeRule SecurityRemoved = Of("SECURITY_REMOVED", Info, "The operation can be called by anybody.");
    public static readonly ChangeRule RequirementRemoved = Of("SECURITY_REQUIREMENT_REMOVED", Breaking, "One of the ways to identify oneself is no longer accepted.");
    public static readonly ChangeRule RequirementAdded = Of("SECURITY_REQUIREMENT_ADDED", Info, "One more way to identify oneself is accepted.");
    public static readonly ChangeRule RequirementTightened = Of("SECURITY_REQUIREMENT_TIGHTENED", Breaking, "A way to identify oneself asks for one more scheme at the same time.");
    public static readonly ChangeRule RequirementLoosened = Of("SECURITY_REQUIREMENT_LOOSENED", Info, "A way to identify oneself asks for one scheme less.");
    public static readonly ChangeRule ScopeAdded = Of("SECURITY_SCOPE_ADDED", Breaking, "A scheme asks for a scope that it did not ask for. Tokens without it are refused.");
    public static readonly ChangeRule ScopeRemoved = Of("SECURITY_SCOPE_REMOVED", Info, "A scheme no longer asks for a scope.");
    public static readonly ChangeRule SchemeRemoved = Of("SECURITY_SCHEME_REMOVED", Breaking, "A security scheme is gone. One that was only renamed is not: names of schemes don't stand on the wire.");
    public static readonly ChangeRule SchemeAdded = Of("SECURITY_SCHEME_ADDED", Info, "A security scheme is new.");
    public static readonly ChangeRule SchemeChanged = Of("SECURITY_SCHEME_CHANGED", Breaking, "A security scheme works differently: another type, place, name or server.");

    // Collections: what is declared of them and not in their operations.

    public static readonly ChangeRule OrderFieldRemoved = Of("ORDER_FIELD_REMOVED", Breaking, "A collection can't be ordered by the field any more; order_by with it is refused.");
    public static readonly ChangeRule OrderFieldAdded = Of("ORDER_FIELD_ADDED", Info, "A collection can be ordered by the field.");
    public static readonly ChangeRule UniqueAdded = Of("UNIQUE_ADDED", Breaking, "Values of the field must be unique. Writes that were fine are answered with 409.");
    public static readonly ChangeRule UniqueRemoved = Of("UNIQUE_REMOVED", Warning, "Several resources can share a value of the field. Clients that look one up by it may find more.");
    public static readonly ChangeRule ActionConditionChanged = Of("ACTION_CONDITION_CHANGED", Warning, "When an action is allowed is said differently. Whether it is allowed more or less often can't be decided.");

    // Schemas: any value.

    public static readonly ChangeRule TypeNarrowed = Schema("TYPE_NARROWED", Breaking, Info, "A value has fewer types, such as an integer for a number.");
    public static readonly ChangeRule TypeWidened = Schema("TYPE_WIDENED", Info, Breaking, "A value has more types. In parameters and headers a text takes what a number or boolean took.");
    public static readonly ChangeRule TypeChanged = Schema("TYPE_CHANGED", Breaking, Breaking, "A value has other types, neither more nor fewer.");
    public static readonly ChangeRule NullRemoved = Schema("NULL_REMOVED", Breaking, Info, "null is not allowed any more.");
    public static readonly ChangeRule NullAdded = Schema("NULL_ADDED", Info, Breaking, "null is allowed.");
    public static readonly ChangeRule EnumAdded = Schema("ENUM_ADDED", Breaking, Info, "A value that could be anything of its type is one of a list (enum, or const).");
    public static readonly ChangeRule EnumRemoved = Schema("ENUM_REMOVED", Info, Breaking, "A value that was one of a list can be anything of its type.");
    public static readonly ChangeRule EnumValueRemoved = Schema("ENUM_VALUE_REMOVED", Breaking, Info, "A value of an enum, or a const, is gone.");
    public static readonly ChangeRule EnumValueAdded = Schema("ENUM_VALUE_ADDED", Info, Breaking, "An enum has one more value, or a const another.");
    public static readonly ChangeRule DefaultChanged = Schema("DEFAULT_CHANGED", Warning, Info, "Who leaves the value out gets another.");
    public static readonly ChangeRule DefaultRemoved = Schema("DEFAULT_REMOVED", Warning, Info, "Who leaves the value out gets none.");
    public static readonly ChangeRule DefaultAdded = Schema("DEFAULT_ADDED", Info, Info, "Who leaves the value out gets one.");
    public static readonly ChangeRule ReadOnlyAdded = Schema("READ_ONLY_ADDED", Breaking, null, "A property that clients could write is readOnly: what they send is ignored.");
    public static readonly ChangeRule ReadOnlyRemoved = Schema("READ_ONLY_REMOVED", Info, null, "Clients can write a property that was readOnly.");
    public static readonly ChangeRule WriteOnlyAdded = Schema("WRITE_ONLY_ADDED", null, Breaking, "A property that clients could read is writeOnly: they no longer see it.");
    public static readonly ChangeRule WriteOnlyRemoved = Schema("WRITE_ONLY_REMOVED", null, Info, "Clients see a property that was writeOnly.");
    public static readonly ChangeRule SchemaDeprecated = Schema("SCHEMA_DEPRECATED", Info, Info, "The value is deprecated.");
    public static readonly ChangeRule SchemaRestored = Schema("SCHEMA_RESTORED", Info, Info, "The value is no longer deprecated.");

    // Schemas: numbers, texts, lists.

    public static readonly ChangeRule MinimumTightened = Schema("MINIMUM_TIGHTENED", Breaking, Info, "minimum or exclusiveMinimum is higher, or new.");
    public static readonly ChangeRule MinimumLoosened = Schema("MINIMUM_LOOSENED", Info, Warning, "minimum or exclusiveMinimum is lower, or gone.");
    public static readonly ChangeRule MaximumTightened = Schema("MAXIMUM_TIGHTENED", Breaking, Info, "maximum or exclusiveMaximum is lower, or new.");
    public static readonly ChangeRule MaximumLoosened = Schema("MAXIMUM_LOOSENED", Info, Warning, "maximum or exclusiveMaximum is higher, or gone.");
    public static readonly ChangeRule MinLengthTightened = Schema("MIN_LENGTH_TIGHTENED", Breaking, Info, "minLength is larger, or new.");
    public static readonly ChangeRule MinLengthLoosened = Schema("MIN_LENGTH_LOOSENED", Info, Warning, "minLength is smaller, or gone.");
    public static readonly ChangeRule MaxLengthTightened = Schema("MAX_LENGTH_TIGHTENED", Breaking, Info, "maxLength is smaller, or new.");
    public static readonly ChangeRule MaxLengthLoosened = Schema("MAX_LENGTH_LOOSENED", Info, Warning, "maxLength is larger, or gone.");
    public static readonly ChangeRule MinItemsTightened = Schema("MIN_ITEMS_TIGHTENED", Breaking, Info, "minItems is larger, or new.");
    public static readonly ChangeRule MinItemsLoosened = Schema("MIN_ITEMS_LOOSENED", Info, Warning, "minItems is smaller, or gone.");
    public static readonly ChangeRule MaxItemsTightened = Schema("MAX_ITEMS_TIGHTENED", Breaking, Info, "maxItems is smaller, or new.");
    public static readonly ChangeRule MaxItemsLoosened = Schema("MAX_ITEMS_LOOSENED", Info, Warning, "maxItems is larger, or gone.");
    public static readonly ChangeRule MinPropertiesTightened = Schema("MIN_PROPERTIES_TIGHTENED", Breaking, Info, "minProperties is larger, or new.");
    public static readonly ChangeRule MinPropertiesLoosened = Schema("MIN_PROPERTIES_LOOSENED", Info, Warning, "minProperties is smaller, or gone.");
    public static readonly ChangeRule MaxPropertiesTightened = Schema("MAX_PROPERTIES_TIGHTENED", Breaking, Info, "maxProperties is smaller, or new.");
    public static readonly ChangeRule MaxPropertiesLoosened = Schema("MAX_PROPERTIES_LOOSENED", Info, Warning, "maxProperties is larger, or gone.");
    public static readonly ChangeRule MultipleOfTightened = Schema("MULTIPLE_OF_TIGHTENED", Breaking, Info, "multipleOf is new, or a multiple of what it was.");
    public static readonly ChangeRule MultipleOfLoosened = Schema("MULTIPLE_OF_LOOSENED", Info, Warning, "multipleOf is gone, or what it was is a multiple of it.");
    public static readonly ChangeRule MultipleOfChanged = Schema("MULTIPLE_OF_CHANGED", Breaking, Warning, "multipleOf is another, and neither is a multiple of the other.");
    public static readonly ChangeRule PatternAdded = Schema("PATTERN_ADDED", Breaking, Info, "A text must match a pattern.");
    public static readonly ChangeRule PatternRemoved = Schema("PATTERN_REMOVED", Info, Warning, "A text need not match a pattern any more.");
    public static readonly ChangeRule PatternChanged = Schema("PATTERN_CHANGED", Breaking, Warning, "A text must match another pattern. Which of the two takes more can't be decided.");
    public static readonly ChangeRule FormatAdded = Schema("FORMAT_ADDED", Breaking, Info, "A value must have a format.");
    public static readonly ChangeRule FormatRemoved = Schema("FORMAT_REMOVED", Info, Warning, "A value need not have a format any more.");
    public static readonly ChangeRule FormatWidened = Schema("FORMAT_WIDENED", Info, Breaking, "int32 became int64, or float double.");
    public static readonly ChangeRule FormatNarrowed = Schema("FORMAT_NARROWED", Breaking, Info, "int64 became int32, or double float.");
    public static readonly ChangeRule FormatChanged = Schema("FORMAT_CHANGED", Breaking, Breaking, "A value has another format.");
    public static readonly ChangeRule UniqueItemsAdded = Schema("UNIQUE_ITEMS_ADDED", Breaking, Info, "Items of a list must be different.");
    public static readonly ChangeRule UniqueItemsRemoved = Schema("UNIQUE_ITEMS_REMOVED", Info, Warning, "Items of a list may be the same.");

    // Schemas: objects.

    public static readonly ChangeRule PropertyRemoved = Schema("PROPERTY_REMOVED", Breaking, Breaking, "A property is gone: sent, it is refused; received, it does not come any more, required or not.");
    public static readonly ChangeRule PropertyUndeclared = Schema("PROPERTY_UNDECLARED", Warning, null, "A property is no longer named by an object that takes any. It can still be sent; what becomes of it is open.");
    public static readonly ChangeRule PropertyAdded = Schema("PROPERTY_ADDED", Info, Info, "An object has one more property. Who receives it ignores what it does not know.");
    public static readonly ChangeRule PropertyDeclared = Schema("PROPERTY_DECLARED", Warning, null, "An object that takes any property names one: who sent one of that name must keep to its schema.");
    public static readonly ChangeRule RequiredPropertyAdded = Schema("REQUIRED_PROPERTY_ADDED", Breaking, Info, "An object has one more property, and it is required.");
    public static readonly ChangeRule PropertyBecameRequired = Schema("PROPERTY_BECAME_REQUIRED", Breaking, Info, "A property can't be missing any more.");
    public static readonly ChangeRule PropertyBecameOptional = Schema("PROPERTY_BECAME_OPTIONAL", Info, Breaking, "A property can be missing.");
    public static readonly ChangeRule ObjectClosed = Schema("OBJECT_CLOSED", Breaking, Info, "An object takes no properties but those it names (additionalProperties; a request body is closed unless it says otherwise).");
    public static readonly ChangeRule ObjectOpened = Schema("OBJECT_OPENED", Info, Warning, "An object takes properties that it does not name.");

    // Schemas: combinations.

    public static readonly ChangeRule BranchRemoved = Schema("BRANCH_REMOVED", Breaking, Info, "A oneOf or anyOf has one alternative less. Branches of an allOf are not counted: what they say together is compared.");
    public static readonly ChangeRule BranchAdded = Schema("BRANCH_ADDED", Info, Breaking, "A oneOf or anyOf has one more alternative.");
    public static readonly ChangeRule AlternativesAdded = Schema("ALTERNATIVES_ADDED", Breaking, Info, "A value must also fit one of a oneOf or anyOf that is new.");
    public static readonly ChangeRule AlternativesRemoved = Schema("ALTERNATIVES_REMOVED", Info, Breaking, "A value need not fit one of a oneOf or anyOf any more.");
    public static readonly ChangeRule DiscriminatorChanged = Schema("DISCRIMINATOR_CHANGED", Breaking, Breaking, "Another property, or none, tells which alternative a value is.");
    public static readonly ChangeRule MappingRemoved = Schema("DISCRIMINATOR_MAPPING_REMOVED", Breaking, Info, "A value of the discriminator is gone.");
    public static readonly ChangeRule MappingAdded = Schema("DISCRIMINATOR_MAPPING_ADDED", Info, Breaking, "The discriminator has one more value.");
    public static readonly ChangeRule MappingChanged = Schema("DISCRIMINATOR_MAPPING_CHANGED", Breaking, Breaking, "A value of the discriminator means another schema.");
    public static readonly ChangeRule RuleChanged = Schema("RULE_CHANGED", Breaking, Warning, "A keyword differs whose effect can't be decided: not, if, contains, dependentRequired, patternProperties, propertyNames, content… and the like.");

    // Schemas: forms and Stateway's words.

    public static readonly ChangeRule XmlChanged = Schema("XML_CHANGED", Breaking, Breaking, "The value is written differently as XML: name, namespace, attribute or wrapped. Only where XML is spoken.");
    public static readonly ChangeRule ReferenceAdded = Schema("REFERENCE_ADDED", Breaking, Info, "A text must be the id of a resource that exists.");
    public static readonly ChangeRule ReferenceRemoved = Schema("REFERENCE_REMOVED", Info, Warning, "A text need not be the id of a resource any more, and can't be expanded.");
    public static readonly ChangeRule ReferenceChanged = Schema("REFERENCE_CHANGED", Breaking, Breaking, "A text is the id of another collection's resource.");

    /// <summary>In the order above.</summary>
    public static IReadOnlyList<ChangeRule> All => Listed;

    private static ChangeRule Of(string code, ChangeSeverity severity, string meaning) => List(new(code, severity, severity, meaning));

    private static ChangeRule Schema(string code, ChangeSeverity? sent, ChangeSeverity? received, string meaning) =>
        List(new(code, sent, received, meaning) { IsOfSchema = true });

    private static ChangeRule List(ChangeRule rule)
    {
        Listed.Add(rule);
        return rule;
    }
}
