import { LuaFactory } from "wasmoon";

/** A value as Lua writes it. @throws TypeError for what neither JSON nor Lua has. */
function literal(value: unknown): string {
  if (value === undefined || value === null) return "nil";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `{${value.map((entry) => literal(entry)).join(",")}}`;
  if (typeof value !== "object") throw new TypeError(`a ${typeof value} has no literal in Lua`);
  const fields = Object.entries(value).map(([name, field]) => `[${JSON.stringify(name)}]=${literal(field)}`);
  return `{${fields.join(",")}}`;
}

/** What a health check of Argo CD says of an object. */
export interface Health {
  readonly status: string;
  readonly message: string;
}

/** Runs a health check as Argo CD does: the object is the global `obj`, and the script returns the health. */
export async function healthOf(script: string, object: unknown): Promise<Health> {
  const lua = await new LuaFactory().createEngine();
  try {
    const text = `obj = ${literal(object)}\nlocal found = (function()\n${script}\nend)()\nreturn found.status .. "\\n" .. found.message`;
    const said: unknown = await lua.doString(text);
    const [status = "", ...message] = String(said).split("\n");
    return { status, message: message.join("\n") };
  } finally {
    lua.global.close();
  }
}
