// A module of its own, so that undici is loaded when it is needed first: the bundler cannot name
// the exports of a CommonJS package that is imported dynamically.
export { Client } from 'undici';
