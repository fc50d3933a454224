namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>A document that has one of everything that the wire contract speaks of.</summary>
internal static class WireDocument
{
    public static string Text { get; } = Yaml.Replace("LARGE", new string('x', 3_000), StringComparison.Ordinal);

    /// <summary>Rows r00000 to r20001, of which only the last is in the group "last".</summary>
    public static string Seed { get; } = "[" + string.Join(',', Enumerable.Range(0, 20_002)
        .Select(i => $$"""{"id":"r{{i:00000}}","n":{{i}},"other":{{i}},"group":"{{(i < 20_001 ? "other" : "last")}}"}""")) + "]";

    private const string Yaml = """
        openapi: 3.1.0
        info: { title: Wire, version: 1.2.3 }
        servers: [ { url: 'https://api.example/v1' } ]

        x-stateway-collections:
          things:
            schema: { $ref: '#/components/schemas/Thing' }
            filter: [name, count, price, active, born, at, address.city, maker]
            order: [name, count, price, at, address.city, create_time]
            unique: [code, address.plot]
            actions:
              close:
                when: resource.state == "open"
                set: { state: '"closed"', closed_at: now }
              zone:
                set: { address.zone: '"B"', address.verified: true, vault.k.quantity: 7, weight: null }
              note:
                body: { $ref: '#/components/schemas/NoteRequest' }
                set: { note: request.text, noted_by: request.by }
              assign:
                body: { type: object, required: [maker], properties: { maker: { type: string }, code: { type: string } } }
                set: { maker: request.maker }
              recode:
                body: { type: object, required: [code], properties: { code: { type: string } } }
                set: { code: request.code }
              quote:
                when: resource.state == "open"
                target: { mock: cheap }
                responses:
                  '200':
                    description: What it would cost.
                    content: { application/json: { examples: { cheap: { value: { cost: 1.50 } } } } }
              forward:
                body: { type: object, required: [text], properties: { text: { type: string } } }
                target: { http: /v1/receive }
              look:
                method: GET
                target: { mock: true }
                responses:
                  '200': { description: A look., content: { application/json: { example: { seen: true } } } }
          makers:
            schema: { $ref: '#/components/schemas/Maker' }
            order: [name]
          countries:
            schema: { $ref: '#/components/schemas/Country' }
          continents:
            schema: { type: object, required: [name], properties: { name: { type: string } } }
          planets:
            schema: { type: object, required: [name], properties: { name: { type: string } } }
          guarded:
            schema: { type: object, required: [title], properties: { title: { type: string }, state: { type: string, default: new, readOnly: true } } }
            require_condition: true
            actions:
              advance: { set: { state: '"advanced"' } }
          albums:
            schema: { type: object, required: [title], properties: { title: { type: string } } }
            children:
              tracks:
                schema:
                  type: object
                  required: [title]
                  properties:
                    title: { type: string }
                    seconds: { type: integer }
                    album: { type: string, x-stateway-reference: albums }
                filter: [title]
                order: [title, seconds]
                unique: [title]
                actions:
                  mute: { set: { seconds: 0 } }
                children:
                  marks:
                    schema: { type: object, required: [at], properties: { at: { type: integer } } }
          rows:
            schema: { type: object, properties: { n: { type: integer }, group: { type: string }, other: { type: integer } } }
            filter: [group]
            order: [group, n]
          seeded:
            schema: { type: object, properties: { n: { type: integer }, group: { type: string }, other: { type: integer } } }
            filter: [group]
            seed: seeded.json
          trees:
            schema: { $ref: '#/components/schemas/Tree' }
          stocked:
            schema: { $ref: '#/components/schemas/Stock' }
            seed: stocked.json
          inbox:
            schema: { type: object, required: [text], properties: { text: { type: string } } }
          open:
            schema: { type: object, additionalProperties: true }

        paths:
          /echo/{city}:
            get:
              operationId: echo
              parameters:
                - { name: city, in: path, required: true, schema: { type: string, maxLength: 5 } }
                - { name: days, in: query, schema: { type: integer, minimum: 1, maximum: 7 } }
                - { name: flag, in: query, schema: { type: boolean } }
                - { name: kinds, in: query, schema: { type: array, maxItems: 2, items: { type: string, enum: [a, b, c] } } }
                - { name: csv, in: query, explode: false, schema: { type: array, items: { type: integer } } }
                - { name: box, in: query, style: deepObject, explode: true, schema: { type: object, properties: { w: { type: integer }, h: { type: integer } }, required: [w] } }
                - { name: X-Level, in: header, required: true, schema: { type: integer } }
                - { name: theme, in: cookie, schema: { type: string, enum: [dark, light] } }
                - { name: shape, in: query, content: { application/json: { schema: { type: object, required: [sides], properties: { sides: { type: integer } } } } } }
              x-stateway-target: { mock: true }
              responses:
                '200': { description: Fine., content: { application/json: { example: { ok: true } } } }
            post:
              operationId: send
              parameters:
                - { name: city, in: path, required: true, schema: { type: string } }
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { type: object, required: [size], properties: { size: { type: integer, minimum: 1 }, colour: { type: string } } }
                  text/plain: { schema: { type: string } }
              x-stateway-target: { mock: true }
              responses:
                '200': { description: Fine., content: { application/json: { example: { ok: true } } } }
          /receive:
            post:
              operationId: receive
              requestBody:
                required: true
                content: { application/json: { schema: { type: object, required: [text], properties: { text: { type: string, maxLength: 20 } } } } }
              x-stateway-target: { http: /v1/received }
              responses: { '200': { description: Forwarded. } }
          /received:
            post:
              operationId: received
              x-stateway-target: { http: '/v1/inbox?id=forwarded' }
              responses: { '200': { description: Forwarded again. } }
          /behind:
            get:
              operationId: behind
              parameters:
                - { name: filter, in: query, schema: { type: string, maxLength: 20 } }
              x-stateway-target: { http: /v1/makers }
              responses: { '200': { description: Makers. } }
          /page:
            get:
              operationId: page
              x-stateway-target: { mock: true }
              responses:
                '200':
                  description: In two forms, and large.
                  headers: { X-Kind: { schema: { type: string }, example: large } }
                  content:
                    application/json: { example: { text: "LARGE" } }
                    application/xml: { example: <page/> }
                '404': { description: None., content: { application/json: { example: { none: true } } } }

        components:
          schemas:
            Thing:
              type: object
              required: [name]
              xml: { name: thing }
              properties:
                name: { type: string, minLength: 1, maxLength: 100 }
                code: { type: string, pattern: '^[A-Z]+-[0-9]+$', xml: { attribute: true } }
                count: { type: integer, default: 0 }
                price: { type: number, minimum: 0 }
                weight: { type: [integer, 'null'], minimum: 1 }
                active: { type: boolean, default: true }
                born: { type: string, format: date }
                at: { type: string, format: date-time }
                state: { type: string, enum: [open, closed], default: open, readOnly: true }
                closed_at: { type: string, format: date-time, readOnly: true }
                note: { type: string, maxLength: 20 }
                noted_by: { type: string, readOnly: true }
                secret: { type: string, writeOnly: true }
                address: { $ref: '#/components/schemas/Address' }
                lines: { type: array, items: { $ref: '#/components/schemas/Line' } }
                tags: { type: array, maxItems: 5, items: { type: string, xml: { name: tag } }, xml: { wrapped: true } }
                codes: { type: array, items: { type: integer, xml: { name: code_ } }, xml: { wrapped: false } }
                vault: { type: object, additionalProperties: { $ref: '#/components/schemas/Line' } }
                extra: { type: object, additionalProperties: true }
                anything: {}
                maker: { type: [string, 'null'], x-stateway-reference: makers }
                backup: { type: string, x-stateway-reference: makers }
            Address:
              type: object
              required: [city]
              properties:
                city: { type: string }
                plot: { type: integer }
                zone: { type: string, default: A }
                pin: { type: string, writeOnly: true }
                verified: { type: boolean, readOnly: true }
                owner: { type: string, x-stateway-reference: makers }
            Line:
              type: object
              required: [sku]
              xml: { name: line }
              properties:
                sku: { type: string, xml: { attribute: true } }
                quantity: { type: integer, default: 1 }
                cost: { type: number, writeOnly: true }
                audit: { type: string, readOnly: true }
            NoteRequest:
              type: object
              required: [text]
              xml: { name: remark }
              properties:
                text: { type: string, minLength: 1 }
                by: { type: string }
            Maker:
              type: object
              required: [name]
              xml: { name: maker }
              properties:
                name: { type: string }
                key: { type: string, writeOnly: true }
                country: { type: string, x-stateway-reference: countries }
            Country:
              type: object
              required: [name]
              properties:
                name: { type: string }
                continent: { type: string, x-stateway-reference: continents }
                neighbour: { type: string, x-stateway-reference: countries }
            Stock:
              type: object
              properties:
                state: { type: string, readOnly: true }
                secret: { type: string, writeOnly: true }
                lines: { type: array, items: { $ref: '#/components/schemas/Line' } }
            Tree:
              type: object
              properties:
                label: { type: string }
                hidden: { type: string, writeOnly: true }
                sealed: { type: string, readOnly: true }
                a: { $ref: '#/components/schemas/Tree' }
                b: { $ref: '#/components/schemas/Tree' }
                c: { $ref: '#/components/schemas/Tree' }
                d: { $ref: '#/components/schemas/Tree' }
        """;
}
