/** How many resources each stack has. */
export const RESOURCES = 100;

/** So many keys, declared as users declare them. */
export const KEYS = `import { ApiKey } from "pulumi-signatureapi";
for (let i = 0; i < ${RESOURCES}; i++) new ApiKey(\`key-\${i}\`, { mode: "live", description: \`Service \${i}\` });
`;

/** So many dynamic resources that do nothing, declared as Pulumi's documentation shows it. */
export const EMPTY = `import * as pulumi from "@pulumi/pulumi";
const provider = { create: async (inputs) => ({ id: inputs.description, outs: inputs }) };
class Empty extends pulumi.dynamic.Resource {
  constructor(name, props) {
    super(provider, name, props);
  }
}
for (let i = 0; i < ${RESOURCES}; i++) new Empty(\`key-\${i}\`, { mode: "live", description: \`Service \${i}\` });
`;

/**
 * So many dynamic resources that do nothing. Their provider is a constant line, as ours is: without the SDK's serialization
 * of closures, which would make this stack slower, and the ratio look better.
 */
export const EMPTY_LINE = `import * as pulumi from "@pulumi/pulumi";
const __provider =
  'exports.handler = () => ({ create: async (inputs) => ({ id: inputs.description, outs: inputs }) });';
class Empty extends pulumi.CustomResource {
  constructor(name, props) {
    super("pulumi-nodejs:dynamic/bench:Empty", name, { ...props, __provider });
  }
}
for (let i = 0; i < ${RESOURCES}; i++) new Empty(\`key-\${i}\`, { mode: "live", description: \`Service \${i}\` });
`;
