export { init } from "echarts/core";
import { use } from "echarts/core";
import { LineChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, PolarComponent, TooltipComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";
use([LineChart, GridComponent, MarkLineComponent, PolarComponent, TooltipComponent, SVGRenderer]);
