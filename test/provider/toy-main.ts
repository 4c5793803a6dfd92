// The toy provider as a program.
import { serve } from '../../provider/plugin'
import { makeToy } from './toy'

void serve(makeToy(process.env.TOY_FOLDER ?? '.'), { grace: Number(process.env.TOY_GRACE ?? 10_000) })
