using System.Text;
using System.Text.Json;

namespace Stateway.Schemas.Bench;

/// <summary>An order of about 1 KB, and the OpenAPI document that describes it.</summary>
internal static class Bodies
{
    public const string DocumentUri = "http://localhost/shop.json";

    public static byte[] Order { get; } = Encoding.UTF8.GetBytes("""
        {
          "customer": "9b2fd29c-5b4e-4a0e-8f5e-0f6a1b2c3d4e",
          "placed_at": "2026-03-14T12:30:00Z",
          "currency": "EUR",
          "status": "placed",
          "email": "ann.smith@example.com",
          "items": [
            { "product": "p-100", "sku": "ABC-1234", "name": "Garden chair, foldable", "quantity": 2, "price": 39.95 },
            { "product": "p-203", "sku": "DEF-0001", "name": "Garden table, oak", "quantity": 1, "price": 249.00 },
            { "product": "p-311", "sku": "XYZ-77", "name": "Lantern", "quantity": 6, "price": 12.5 }
          ],
          "shipping": {
            "name": "Ann Smith", "street": "Long Street 12", "city": "Springfield",
            "postal_code": "12345", "country": "DE", "instructions": "Leave it with the neighbour at number 14, or in the shed behind the house; the door is open until six."
          },
          "billing": {
            "name": "Ann Smith", "street": "Long Street 12", "city": "Springfield", "postal_code": "12345", "country": "DE", "instructions": "Ring twice."
          },
          "total": 403.9, "gift": false, "tags": ["garden", "spring", "returning"], "note": null
        }
        """);

    public static JsonElement Document { get; } = JsonDocument.Parse("""
        {
          "openapi": "3.1.0", "info": { "title": "Shop", "version": "1" },
          "components": { "schemas": {
            "Order": {
              "type": "object", "required": ["customer", "currency", "items", "total"],
              "properties": {
                "id": { "type": "string", "readOnly": true },
                "customer": { "type": "string", "format": "uuid" },
                "placed_at": { "type": "string", "format": "date-time" },
                "currency": { "type": "string", "pattern": "^[A-Z]{3}$" },
                "status": { "enum": ["draft", "placed", "shipped", "cancelled"], "default": "draft" },
                "email": { "type": "string", "format": "email", "maxLength": 254 },
                "items": { "type": "array", "minItems": 1, "maxItems": 100, "items": { "$ref": "#/components/schemas/Item" } },
                "shipping": { "$ref": "#/components/schemas/Address" },
                "billing": { "$ref": "#/components/schemas/Address" },
                "total": { "type": "number", "minimum": 0, "multipleOf": 0.01 },
                "gift": { "type": "boolean" },
                "tags": { "type": "array", "uniqueItems": true, "items": { "type": "string", "maxLength": 30 } },
                "note": { "type": ["string", "null"], "maxLength": 500 }
              }
            },
            "Item": {
              "type": "object", "required": ["product", "quantity"],
              "properties": {
                "product": { "type": "string", "maxLength": 128 },
                "sku": { "type": "string", "pattern": "^[A-Z0-9-]{3,20}$" },
                "name": { "type": "string", "minLength": 1, "maxLength": 200 },
                "quantity": { "type": "integer", "minimum": 1, "maximum": 1000 },
                "price": { "type": "number", "minimum": 0 }
              }
            },
            "Address": {
              "type": "object", "required": ["name", "street", "city", "country"],
              "properties": {
                "name": { "type": "string", "minLength": 1, "maxLength": 200 },
                "street": { "type": "string", "maxLength": 200 },
                "city": { "type": "string", "maxLength": 100 },
                "postal_code": { "type": "string", "maxLength": 20 },
                "country": { "type": "string", "minLength": 2, "maxLength": 2 },
                "instructions": { "type": "string", "maxLength": 500 }
              }
            },
            "OrderOfParts": { "allOf": [ { "$ref": "#/components/schemas/Order" }, { "properties": { "extra": { "type": "string" } } } ] }
          } }
        }
        """).RootElement;
}
