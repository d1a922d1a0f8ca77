/** `metav1.MicroTime`: RFC 3339 with exactly six fractional digits, which leases and events require. */
export function microTime(date: Date): string {
  return `${date.toISOString().slice(0, -1)}000Z`;
}
