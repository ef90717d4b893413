// What Node's console.log asks an object for. Known by name, so that nothing of Node is imported.

/** The method that answers what `console.log` shows. */
export const inspect: unique symbol = /* @__PURE__ */ Symbol.for('nodejs.util.inspect.custom')
