/**
 * A function that computes its value at the first call and then keeps it. A bundle leaves it out where nobody calls it.
 *
 * @__NO_SIDE_EFFECTS__
 */
export function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
