import { Refusal } from '../model/errors.ts';
import { printable } from '../system/text.ts';

/** Refuses a cluster name that would reach beyond its own part of the store. */
export function checkScope(scope: string): void {
  const segments = scope.split('/');
  if (segments.some((segment) => ['', '.', '..'].includes(segment))) {
    throw new Refusal('bad-cluster-name', `"${printable(scope)}" cannot be the name of a cluster`, {
      usage: true,
    });
  }
}
