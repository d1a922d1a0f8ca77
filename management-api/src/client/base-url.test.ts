import { expect, test } from "vitest";
import { BaseUrl } from "./base-url.ts";

test("the path prefix is kept, without trailing slashes", () => {
  expect(new BaseUrl("https://api.example.com/a/v1//").resolve("/account").href).toBe(
    "https://api.example.com/a/v1/account",
  );
  expect(new BaseUrl("https://api.example.com").resolve("/account").href).toBe(
    "https://api.example.com/account",
  );
});

test.each([
  ["ftp://api.example.com", "https://"],
  ["not a url", "not a URL"],
  ["https://user:hunter2@api.example.com", "user name"],
  ["https://api.example.com/v1?token=hunter2", "query"],
  ["https://api.example.com/v1?", "query"],
  ["https://api.example.com/v1/..;hunter2/admin", "path"],
  ["https://api.example.com/v1//hunter2", "path"],
  ["https://api.example.com/v1/%252e%252e", "percent signs"],
  ["https://api.example.com/\tv1", "spaces"],
  ["https://api.example.com\\v1", "backslashes"],
  ["https://api.example.com/v1\u200b", "invisible"],
  ["https://api.example.com/v1#hunter2", "fragment"],
])("%s is refused, without repeating it", (text, reason) => {
  expect(() => new BaseUrl(text)).toThrow(reason);
  expect(() => new BaseUrl(text)).not.toThrow("hunter2");
});

test.each([
  ["https://api.example.com/v1/api-keys?cursor=x", true],
  ["/v1/api-keys?cursor=x", true],
  ["?cursor=x", true],
  ["https://evil.example.com/v1/api-keys", false],
  ["//evil.example.com/v1/api-keys", false],
  ["http://api.example.com/v1/api-keys", false],
  ["https://api.example.com:8443/v1/api-keys", false],
  ["https://user@api.example.com/v1/api-keys", false],
  ["https://api.example.com/v2/api-keys", false],
  ["https://api.example.com/v1evil/api-keys", false],
  ["https://api.example.com/v1/../admin", false],
  ["https://api.example.com/v1/%2e%2e/admin", false],
  ["https://api.example.com/v1/%252e%252e/admin", false],
  ["https://api.example.com/v1/..;/admin", false],
  ["https://api.example.com/v1//admin", false],
  ["data:application/json,{}", false],
])("the link %s is followed: %s", (link, followed) => {
  const base = new BaseUrl("https://api.example.com/v1");
  expect(base.follow(link, base.resolve("/api-keys")) !== undefined).toBe(followed);
});
