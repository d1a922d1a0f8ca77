import { expect, test } from "vitest";
import { parseRequestCounts, requestCountsSince } from "./request-counts.ts";

const row = (verb: string, code: string, value: string): string =>
  `apiserver_request_total{code="${code}",component="apiserver",dry_run="All",group="signatureapi.com",` +
  `resource="apikeys",scope="resource",subresource="status",verb="${verb}",version="v1"} ${value}`;

test("a row carries every label and its value", () => {
  expect(parseRequestCounts(`# TYPE apiserver_request_total counter\n${row("PATCH", "200", "7")}\n`)).toEqual(
    [
      {
        verb: "PATCH",
        code: "200",
        dryRun: "All",
        group: "signatureapi.com",
        resource: "apikeys",
        scope: "resource",
        subresource: "status",
        version: "v1",
        value: 7,
      },
    ],
  );
});

test("large counts in exponent form are read, and other metrics are not", () => {
  const text = `${row("GET", "200", "1.2e+06")}\napiserver_request_total_other{verb="GET"} 3\nup 1\n`;
  expect(parseRequestCounts(text).map(({ value }) => value)).toEqual([1_200_000]);
});

test("an escaped quote and braces inside a label end nothing", () => {
  const [parsed] = parseRequestCounts(String.raw`apiserver_request_total{verb="a\"b} 1",code="200"} 5`);
  expect(parsed).toMatchObject({ verb: String.raw`a\"b} 1`, code: "200", value: 5 });
});

test("only what grew between two readings is left", () => {
  const before = parseRequestCounts([row("GET", "200", "3"), row("PUT", "200", "1")].join("\n"));
  const after = parseRequestCounts(
    [row("GET", "200", "5"), row("PUT", "200", "1"), row("PUT", "409", "2")].join("\n"),
  );
  expect(requestCountsSince(before, after).map(({ verb, code, value }) => [verb, code, value])).toEqual([
    ["GET", "200", 2],
    ["PUT", "409", 2],
  ]);
});
