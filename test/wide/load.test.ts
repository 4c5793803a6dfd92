// Twenty tunnels over one middle with visitors, and faults for a minute: nobody is lost but while one lasts. `make bench-load` is the same with more.
import { runLoad } from '../../bench/load-run'
import { type Lab, startLab } from '../../lab'

let lab: Lab
beforeAll(async () => {
  lab = await startLab({ log: () => {} })
})
afterAll(() => lab?.stop())

test('visitors are lost only from when a fault begins until every tunnel has answered again', async () => {
  const { visits, befallen, lostOutside } = await runLoad(lab, { tunnels: 20, minutes: 1, seed: 7 }, () => {})
  expect(lostOutside).toEqual([])
  expect(befallen.length).toBeGreaterThan(0)
  expect(visits).toBeGreaterThan(20)
}, 900_000)
