interface Window {
  frameTimes: unknown
  stopwatch: unknown
}
