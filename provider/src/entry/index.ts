// oxlint-disable-next-line import/no-unassigned-import -- it comes first: an old Node cannot even read the rest
import "./require-node.ts";

export { ApiKey, Provider } from "../index.ts";
