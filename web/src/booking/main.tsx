import { render } from "preact";
import "../style/main.css";
render(<p>Booking</p>, document.getElementById("app")!);
