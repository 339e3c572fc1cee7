/**
 * True for a member's name that PostgreSQL shows as it is: as `application_name` it keeps 63 bytes
 * and replaces all that is not printable ASCII (the manual, "application_name"). A standby with
 * another name is not known again by the primary, and cannot be synchronous.
 */
export function isShownAsItIs(name: string): boolean {
  return /^[ -~]{1,63}$/.test(name);
}
