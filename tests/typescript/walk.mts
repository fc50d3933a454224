// What a stranger writes who has the management document and a generator: apis, deployments and stages are created, read,
// listed, changed and deleted through types alone. Ends with 1 and says why when anything is not as the document promises.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[]; exit(code: number): never };
declare const console: { log(text: string): void; error(text: string): void };

type Problem = components["schemas"]["Problem"];

const [, , baseUrl = "", key = ""] = process.argv;

// Of the forms that an answer may have (JSON, XML, and the events of a watch) those that this client asks for.
const client = createClient<paths, "application/json" | "application/problem+json">({ baseUrl, headers: { Accept: "application/json", Authorization: `Bearer ${key}` } });

function expect<T>(what: string, answer: { data?: T; error?: Problem; response: Response }, status: number): T {
  if (answer.response.status !== status) throw new Error(`${what} was answered with ${answer.response.status}: ${answer.error?.code} ${answer.error?.detail}`);
  return answer.data as T;
}

function equal(what: string, actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) throw new Error(`${what} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
}

const document = `
openapi: 3.1.0
info: { title: Hello, version: "1" }
servers: [ { url: /hello } ]
x-stateway-collections:
  greetings: { schema: { type: object, properties: { text: { type: string } } } }
paths: {}
`;

async function walk(): Promise<void> {
  const api = { api_id: "hello" };

  // APIs
  const made = expect("createApi", await client.POST("/apis", { params: { query: { id: "hello" } }, body: { title: "Hello" } }), 201);
  equal("its id", made.id, "hello");
  const got = await client.GET("/apis/{api_id}", { params: { path: api } });
  equal("its title", expect("getApi", got, 200).title, "Hello");
  const etag = got.response.headers.get("ETag") ?? "";
  const changed = await client.PATCH("/apis/{api_id}", {
    params: { path: api, header: { "If-Match": etag } }, body: { title: "Hello!" }, headers: { "Content-Type": "application/merge-patch+json" },
  });
  equal("its new title", expect("patchApi", changed, 200).title, "Hello!");
  const stale = await client.PATCH("/apis/{api_id}", { params: { path: api, header: { "If-Match": etag } }, body: { title: "No" } });
  expect("a stale patchApi", stale, 412);
  equal("its code", stale.error?.code, "PRECONDITION_FAILED");
  const list = expect("listApis", await client.GET("/apis", { params: { query: { filter: "id == 'hello'" } } }), 200);
  equal("the list", list.results.map(each => each.id), ["hello"]);

  // Deployments
  const first = expect("createApiDeployment", await client.POST("/apis/{api_id}/deployments", {
    params: { path: api, query: { id: "d1" } }, body: { file: "hello.yaml", files: { "hello.yaml": document }, note: "The first." },
  }), 201);
  equal("the files", Object.keys(first.files), ["hello.yaml"]);
  const refused = await client.POST("/apis/{api_id}/deployments", { params: { path: api }, body: { file: "hello.yaml", files: { "hello.yaml": "openapi: 3.1.0" } } });
  expect("a wrong deployment", refused, 422);
  if (!refused.error?.errors?.every(each => each.pointer?.startsWith("/files/hello.yaml"))) throw new Error("its errors have no places");
  const path = { ...api, deployment_id: "d1" };
  equal("the note", expect("patchApiDeployment", await client.PATCH("/apis/{api_id}/deployments/{deployment_id}", { params: { path }, body: { note: "First." } }), 200).note, "First.");
  equal("the note again", expect("getApiDeployment", await client.GET("/apis/{api_id}/deployments/{deployment_id}", { params: { path } }), 200).note, "First.");
  equal("deployments", expect("listApiDeployments", await client.GET("/apis/{api_id}/deployments", { params: { path: api } }), 200).results.map(each => each.id), ["d1"]);

  // Stages
  const live = { ...api, stage_id: "live" };
  expect("replaceApiStage", await client.PUT("/apis/{api_id}/stages/{stage_id}", { params: { path: live }, body: { deployment: "d1", path: "" } }), 201);
  expect("createApiStage", await client.POST("/apis/{api_id}/stages", { params: { path: api, query: { id: "dev" } }, body: { deployment: "d1", path: "/dev" } }), 201);
  equal("stages", expect("listApiStages", await client.GET("/apis/{api_id}/stages", { params: { path: api, query: { order_by: "-id" } } }), 200).results.map(each => each.path), ["", "/dev"]);
  const labelled = await client.PATCH("/apis/{api_id}/stages/{stage_id}", { params: { path: live }, body: { labels: { team: "a" } } });
  equal("labels", expect("patchApiStage", labelled, 200).labels, { team: "a" });
  equal("the deployment", expect("getApiStage", await client.GET("/apis/{api_id}/stages/{stage_id}", { params: { path: live } }), 200).deployment, "d1");

  // And back
  expect("a deployment in use", await client.DELETE("/apis/{api_id}/deployments/{deployment_id}", { params: { path } }), 409);
  for (const stage_id of ["live", "dev"]) expect("deleteApiStage", await client.DELETE("/apis/{api_id}/stages/{stage_id}", { params: { path: { ...api, stage_id } } }), 204);
  expect("deleteApiDeployment", await client.DELETE("/apis/{api_id}/deployments/{deployment_id}", { params: { path } }), 204);
  expect("deleteApi", await client.DELETE("/apis/{api_id}", { params: { path: api } }), 204);
  expect("getApi after that", await client.GET("/apis/{api_id}", { params: { path: api } }), 404);
}

walk().then(() => console.log("The walk is done."), (e: unknown) => {
  console.error(String(e));
  process.exit(1);
});
