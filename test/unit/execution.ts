/** What k6/execution tells the one virtual user of a test; the time since its start is by a clock that may be faked. */
export default {
  instance: {
    vusInitialized: 1,
    vusActive: 1,
    get currentTestRunDuration() {
      return performance.now();
    },
  },
  scenario: { iterationInTest: 0 },
  vu: { idInTest: 1 },
};
