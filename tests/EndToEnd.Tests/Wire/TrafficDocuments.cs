namespace Stateway.EndToEnd.Tests.Wire;

internal static class TrafficDocuments
{
    public static (string File, string Text)[] All =>
    [
        ("shop.yaml", """
            openapi: 3.1.0
            info: { title: Shop, version: 1.0.0 }
            servers: [ { url: /shop } ]
            x-stateway-cors:
              origins: [ 'https://shop.example', 'https://*.shop.example' ]
              credentials: true
              max_age: 30s
            x-stateway-collections:
              things:
                schema: { type: object, required: [name], properties: { name: { type: string }, text: { type: string } } }
            paths:
              /service:
                get: { x-stateway-target: { http: /closed/service }, responses: { '200': { description: ok } } }
              /down:
                get: { x-stateway-target: { http: 'http://127.0.0.1:1/' }, responses: { '200': { description: ok } } }
              /own-options:
                options: { x-stateway-target: { mock: true }, responses: { '200': { description: ok, content: { text/plain: { example: mine } } } } }
                get: { x-stateway-target: { mock: true }, responses: { '200': { description: ok, content: { text/plain: { example: ok } } } } }
            """),
        ("open.yaml", """
            openapi: 3.1.0
            info: { title: Open, version: 1.0.0 }
            servers: [ { url: /open } ]
            x-stateway-cors: { origins: ['*'], private_network: true, exposed_headers: [X-Own] }
            paths:
              /status:
                get:
                  parameters: [ { name: n, in: query, schema: { type: integer } } ]
                  x-stateway-target: { mock: true }
                  responses: { '200': { description: ok, content: { application/json: { example: { open: true } } } } }
            """),
        ("closed.yaml", """
            openapi: 3.1.0
            info: { title: Closed, version: 1.0.0 }
            servers: [ { url: /closed } ]
            paths:
              /service:
                get:
                  x-stateway-target: { mock: true }
                  responses:
                    '200':
                      description: ok
                      headers:
                        Access-Control-Allow-Origin: { schema: { type: string, default: 'https://service.example' } }
                        Access-Control-Allow-Credentials: { schema: { type: string, default: 'true' } }
                      content: { text/plain: { example: ok } }
            """),
        ("old.yaml", """
            openapi: 3.1.0
            info: { title: Old, version: 1.0.0 }
            servers: [ { url: /old } ]
            x-stateway-cors: { origins: ['*'] }
            x-stateway-lifecycle: { deprecated_at: 2027-03-31, sunset_at: 2099-01-01, link: 'https://shop.example/v2' }
            x-stateway-collections: { things: { schema: { type: object } } }
            paths:
              /things: { get: { deprecated: true } }
              /things/{thing_id}: { delete: { x-stateway-lifecycle: { sunset_at: 2020-01-01, enforce: true } } }
              /status:
                get:
                  deprecated: true
                  parameters: [ { name: n, in: query, schema: { type: integer } } ]
                  x-stateway-target: { mock: true }
                  responses: { '200': { description: ok, content: { text/plain: { example: ok } } } }
              /current:
                get: { x-stateway-target: { mock: true }, responses: { '200': { description: ok, content: { text/plain: { example: ok } } } } }
              /past:
                get:
                  x-stateway-lifecycle: { sunset_at: 2020-01-01 }
                  x-stateway-target: { mock: true }
                  responses: { '200': { description: ok, content: { text/plain: { example: ok } } } }
              /gone:
                get:
                  x-stateway-lifecycle: { sunset_at: 2020-01-01, link: 'https://shop.example/gone', enforce: true }
                  x-stateway-target: { mock: true }
                  responses: { '200': { description: ok, content: { text/plain: { example: ok } } } }
            """),
        // Two documents below one base that don't say the same.
        ("mixed-a.yaml", """
            openapi: 3.1.0
            info: { title: A, version: 1.0.0 }
            servers: [ { url: /mixed } ]
            x-stateway-cors: { origins: ['https://shop.example'] }
            x-stateway-collections: { apples: { schema: { type: object } } }
            paths: {}
            """),
        ("mixed-b.yaml", """
            openapi: 3.1.0
            info: { title: B, version: 1.0.0 }
            servers: [ { url: /mixed } ]
            x-stateway-collections: { pears: { schema: { type: object } } }
            paths: {}
            """),
    ];
}
