export { accountKey } from "./account-ref.ts";
export { ACCOUNT_DOCUMENTS, type AccountDocument } from "./document.ts";
export { adoptableKeyIds, policyProblem } from "./mint-policy.ts";
