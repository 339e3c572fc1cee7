import { printable } from '../../system/text.ts';

/** Options of one method, or of a few (PostgreSQL's hba.c, `parse_hba_auth_opt`). */
const METHODS_OF = new Map<string, readonly string[]>(
  [
    ['ident peer gss sspi cert oauth', 'map'],
    ['pam', 'pamservice pam_use_hostname'],
    ['gss sspi', 'krb_realm include_realm'],
    ['sspi', 'compat_realm upn_username'],
    ['ldap', 'ldapserver ldapport ldapscheme ldaptls ldapprefix ldapsuffix ldapbasedn ldapbinddn'],
    ['ldap', 'ldapbindpasswd ldapsearchattribute ldapsearchfilter ldapurl'],
    ['radius', 'radiusservers radiussecrets radiusports radiusidentifiers'],
    ['oauth', 'issuer scope validator delegate_ident_mapping'],
  ].flatMap(([methods = '', options = '']) =>
    options.split(' ').map((option) => [option, methods.split(' ')] as const),
  ),
);

/** Options of a connection with TLS, whatever the method. */
const OF_HOSTSSL: readonly string[] = ['clientcert', 'clientname'];

/** What a method cannot do without: one option of each list. */
const NEEDED: Readonly<Record<string, readonly (readonly string[])[]>> = {
  ldap: [['ldapurl', 'ldapbasedn', 'ldapprefix', 'ldapsuffix']],
  radius: [['radiusservers'], ['radiussecrets']],
  oauth: [['issuer'], ['scope']],
};

/** What is wrong with the options of a rule, in one clause; undefined when nothing is. */
export function wrongOption(
  { type, method }: { readonly type: string; readonly method: string },
  options: readonly string[],
): string | undefined {
  const names = options.map((option) => /^([^=]*)=/.exec(option)?.[1] ?? '');
  for (const [index, name] of names.entries()) {
    const methods = METHODS_OF.get(name);
    if (methods && !methods.includes(method)) return `${name} works for ${methods.join(', ')} only`;
    const ofTls = OF_HOSTSSL.includes(name);
    if (ofTls && type !== 'hostssl') return `${name} works for hostssl only`;
    if (methods || ofTls) continue;
    const shown = printable((options[index] ?? '').slice(0, 60));
    return `"${shown}" is no option of the form name=value that there is`;
  }
  const missing = NEEDED[method]?.find((some) => !some.some((name) => names.includes(name)));
  return missing && `${method} needs ${missing.join(' or ')}`;
}
